import { dropout } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineBackbone } from './define-backbone.ts';
import { batchNorm, chain, convolution, type MapLayer, reluLayer } from './layers.ts';
import { pooledStages } from './pooled-stages.ts';

const baseWidth = 16;

type BlockShape = { in: number; out: number; stride: number; dropout: number };

/**
 * Normalisation and ReLU before each of two 3×3 convolutions (He et al., Identity mappings, 2016). Where the shape changes, the shortcut
 * is projected from the activated map; else it is what came in.
 */
function preActivationBlock(name: string, shape: BlockShape): MapLayer {
  const { in: before, out, stride, dropout: rate } = shape;
  const conv = (at: string, sizes: { in: number; kernel: number; stride: number }) =>
    convolution(`${name}.${at}`, { ...sizes, out, bias: false, init: 'kaiming-fan-out' });
  const activate = chain([batchNorm(`${name}.bn1`, before), reluLayer]);
  const narrow = chain([conv('conv1', { in: before, kernel: 3, stride }), batchNorm(`${name}.bn2`, out), reluLayer]);
  const last = conv('conv2', { in: out, kernel: 3, stride: 1 });
  const shortcut = before === out ? null : conv('convShortcut', { in: before, kernel: 1, stride });
  return {
    parameters: [activate, narrow, last, ...(shortcut ? [shortcut] : [])].flatMap((layer) => layer.parameters),
    apply(forward, x) {
      const activated = activate.apply(forward, x);
      let y = narrow.apply(forward, activated);
      if (forward.training && rate > 0) y = dropout(y, rate, { rng: forward.rng, site: `${name}.dropout` });
      return tf.add(last.apply(forward, y), shortcut ? shortcut.apply(forward, activated) : x);
    },
  };
}

/** Tensor names are those of the PyTorch ports that most published weights of these networks come from; timm and torchvision have none. */
export const wideResnet = defineBackbone({
  id: 'wide-resnet',
  summary:
    'Wide residual network for small images: three stages of pre-activation blocks, 16 or 28 layers (16-4: 2.7 M parameters)',
  paper: 'Zagoruyko & Komodakis, Wide residual networks, BMVC 2016',
  config: z.strictObject({
    type: z.literal('wide-resnet'),
    depth: z.literal([16, 28]).default(16).describe('Layers: two or four blocks in each stage'),
    width: z.literal([1, 2, 4, 8, 10]).default(4).describe('Factor on the 16, 32 and 64 channels of the stages'),
    dropout: z.number().min(0).max(0.95).default(0).describe('Share of values dropped between the convolutions of a block'),
  }),
  tiny: { width: 1 },
  create({ depth, width, dropout: rate }, [, , channels]) {
    const blocks = (depth - 4) / 6;
    const widths = [1, 2, 4].map((factor) => baseWidth * width * factor);
    const stages = widths.map((out, stage) => {
      const name = `block${stage + 1}`;
      const layers = Array.from({ length: blocks }, (_, index) => {
        const before = index > 0 ? out : (widths[stage - 1] ?? baseWidth);
        const stride = index === 0 && stage > 0 ? 2 : 1;
        return preActivationBlock(`${name}.layer.${index}`, { in: before, out, stride, dropout: rate });
      });
      return { name, layer: chain(layers) };
    });
    const stem = convolution('conv1', { in: channels, out: baseWidth, kernel: 3, bias: false, init: 'kaiming-fan-out' });
    const featureCount = baseWidth * width * 4;
    const last = chain([batchNorm('bn1', featureCount), reluLayer]);
    return pooledStages([{ name: 'conv1', layer: stem }, ...stages, { name: 'bn1', layer: last }], featureCount);
  },
});
