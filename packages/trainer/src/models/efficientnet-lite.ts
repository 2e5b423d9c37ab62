import { z } from 'zod';
import { type Backbone, defineBackbone, type ImageShape } from './define-backbone.ts';
import { fromEfficientnetLitePytorch } from './efficientnet-lite-names.ts';
import { type BlockGroup, convNormRelu6, invertedResiduals } from './inverted-residual.ts';
import { chain } from './layers.ts';
import { pooledStages } from './pooled-stages.ts';
import { type Scaling, scaling } from './scaling.ts';

/** EfficientNet-B0's groups (Tan & Le, 2019), without squeeze and excitation. */
const groups: readonly BlockGroup[] = [
  { kernel: 3, expansion: 1, out: 16, blocks: 1, stride: 1 },
  { kernel: 3, expansion: 6, out: 24, blocks: 2, stride: 2 },
  { kernel: 5, expansion: 6, out: 40, blocks: 2, stride: 2 },
  { kernel: 3, expansion: 6, out: 80, blocks: 3, stride: 2 },
  { kernel: 5, expansion: 6, out: 112, blocks: 3, stride: 1 },
  { kernel: 5, expansion: 6, out: 192, blocks: 4, stride: 2 },
  { kernel: 3, expansion: 6, out: 320, blocks: 1, stride: 1 },
];
const stemChannels = 32; // at every width, as is the last
const featureCount = 1280;

/** timm's `efficientnet_lite0` (symmetric zeros) and `tf_efficientnet_lite0` (TensorFlow's), with its tensor names. */
function createEfficientnetLite(
  { widthFactor, depthFactor, padding }: Scaling & { padding: 'symmetric' | 'same' },
  [, , channels]: ImageShape,
): Backbone {
  const convention = { padding, epsilon: padding === 'same' ? 1e-3 : 1e-5 };
  const stemNames = { conv: 'conv_stem', norm: 'bn1' };
  const stem = convNormRelu6(stemNames, { in: channels, out: stemChannels, kernel: 3, stride: 2, convention });
  const { groups: blocks, out } = invertedResiduals({
    groups,
    in: stemChannels,
    widthFactor,
    depthFactor,
    convention,
    nameOf({ group, index, expansion }) {
      const part = (conv: string, norm: string) => ({
        conv: `blocks.${group}.${index}.${conv}`,
        norm: `blocks.${group}.${index}.${norm}`,
      });
      const expand = part('conv_pw', 'bn1');
      if (expansion === 1) return { expand, depthwise: part('conv_dw', 'bn1'), project: part('conv_pw', 'bn2') };
      return { expand, depthwise: part('conv_dw', 'bn2'), project: part('conv_pwl', 'bn3') };
    },
  });
  const headNames = { conv: 'conv_head', norm: 'bn2' };
  const head = convNormRelu6(headNames, { in: out, out: featureCount, kernel: 1, stride: 1, convention });
  const stages = [
    { name: 'conv_stem', layer: stem },
    ...blocks.map((group, index) => ({ name: `blocks.${index}`, layer: chain(group) })),
    { name: 'conv_head', layer: head },
  ];
  return pooledStages(stages, featureCount);
}

export const efficientnetLite0 = defineBackbone({
  id: 'efficientnet-lite0',
  summary: 'EfficientNet-Lite0: sixteen inverted residual blocks with 3×3 and 5×5 depthwise convolutions, 3.4 M parameters',
  paper: 'Tan & Le, EfficientNet: Rethinking model scaling for convolutional neural networks, ICML 2019',
  config: z.strictObject({
    type: z.literal('efficientnet-lite0'),
    ...scaling,
    padding: z
      .enum(['symmetric', 'same'])
      .default('symmetric')
      .describe('`same`: zeros as TensorFlow lays them, and its epsilon of 1e-3, for weights that were trained there'),
  }),
  tiny: { widthFactor: 0.1, depthFactor: 0.1 },
  translateName: fromEfficientnetLitePytorch,
  create: createEfficientnetLite,
});
