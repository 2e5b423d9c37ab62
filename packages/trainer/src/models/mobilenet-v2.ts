import { z } from 'zod';
import { type Backbone, defineBackbone, type ImageShape } from './define-backbone.ts';
import { type BlockGroup, type Convention, convNormRelu6, invertedResiduals } from './inverted-residual.ts';
import { chain } from './layers.ts';
import { pooledStages } from './pooled-stages.ts';
import { type Scaling, scaling, widened } from './scaling.ts';

const groups: readonly BlockGroup[] = [
  { kernel: 3, expansion: 1, out: 16, blocks: 1, stride: 1 },
  { kernel: 3, expansion: 6, out: 24, blocks: 2, stride: 2 },
  { kernel: 3, expansion: 6, out: 32, blocks: 3, stride: 2 },
  { kernel: 3, expansion: 6, out: 64, blocks: 4, stride: 2 },
  { kernel: 3, expansion: 6, out: 96, blocks: 3, stride: 1 },
  { kernel: 3, expansion: 6, out: 160, blocks: 3, stride: 2 },
  { kernel: 3, expansion: 6, out: 320, blocks: 1, stride: 1 },
];
const stemChannels = 32;
const lastChannels = 1280;
const convention: Convention = { padding: 'symmetric', epsilon: 1e-5 };

/** Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks" (CVPR 2018), with torchvision's tensor names. */
function createMobilenetV2({ widthFactor, depthFactor }: Scaling, [, , channels]: ImageShape): Backbone {
  const stemWidth = widened(stemChannels, widthFactor);
  const featureCount = widened(lastChannels, Math.max(1, widthFactor));
  const stem = convNormRelu6(namesAt('features.0'), { in: channels, out: stemWidth, kernel: 3, stride: 2, convention });
  const { groups: blocks, out } = invertedResiduals({
    groups,
    in: stemWidth,
    widthFactor,
    depthFactor,
    convention,
    nameOf({ number, expansion }) {
      const name = `features.${number + 1}.conv`;
      const at = expansion === 1 ? 0 : 1; // a block that does not expand begins with its second part
      return {
        expand: namesAt(`${name}.0`),
        depthwise: namesAt(`${name}.${at}`),
        project: { conv: `${name}.${at + 1}`, norm: `${name}.${at + 2}` },
      };
    },
  });
  const count = blocks.flat().length;
  const last = `features.${count + 1}`;
  const head = convNormRelu6(namesAt(last), { in: out, out: featureCount, kernel: 1, stride: 1, convention });
  let end = 0; // each group goes by the name of its last block
  const stages = blocks.map((group) => {
    end += group.length;
    return { name: `features.${end}`, layer: chain(group) };
  });
  return pooledStages([{ name: 'features.0', layer: stem }, ...stages, { name: last, layer: head }], featureCount);
}

const namesAt = (name: string) => ({ conv: `${name}.0`, norm: `${name}.1` });

export const mobilenetV2 = defineBackbone({
  id: 'mobilenet-v2',
  summary: 'MobileNetV2: seventeen inverted residual blocks of depthwise convolutions, 2.2 M parameters',
  paper: 'Sandler et al., MobileNetV2: Inverted residuals and linear bottlenecks, CVPR 2018',
  config: z.strictObject({ type: z.literal('mobilenet-v2'), ...scaling }),
  tiny: { widthFactor: 0.1, depthFactor: 0.1 },
  create: createMobilenetV2,
});
