import { relu6 } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { type Backbone, defineBackbone, type ImageShape } from './define-backbone.ts';
import { batchNorm, convolution, depthwiseConvolution, globalAveragePool, type MapLayer } from './layers.ts';

/** Groups of inverted residual blocks: expansion of the channels within, channels out, blocks, stride of the first. */
const groups = [
  { expansion: 1, out: 16, blocks: 1, stride: 1 },
  { expansion: 6, out: 24, blocks: 2, stride: 2 },
  { expansion: 6, out: 32, blocks: 3, stride: 2 },
  { expansion: 6, out: 64, blocks: 4, stride: 2 },
  { expansion: 6, out: 96, blocks: 3, stride: 1 },
  { expansion: 6, out: 160, blocks: 3, stride: 2 },
  { expansion: 6, out: 320, blocks: 1, stride: 1 },
] as const;
const stemChannels = 32;
const lastChannels = 1280;

/** Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks" (CVPR 2018), with torchvision's tensor names. */
function createMobilenetV2(width: number, [, , channels]: ImageShape): Backbone {
  const stemWidth = toMultipleOf8(stemChannels * width);
  const featureCount = toMultipleOf8(lastChannels * Math.max(1, width));
  const stem = pointOrStem('features.0', { in: channels, out: stemWidth, kernel: 3, stride: 2 });
  const blocks: MapLayer[] = [];
  let before = stemWidth;
  for (const group of groups) {
    const out = toMultipleOf8(group.out * width);
    for (let index = 0; index < group.blocks; index++) {
      const shape = { in: before, out, expansion: group.expansion, stride: index === 0 ? group.stride : 1 };
      blocks.push(invertedResidual(`features.${blocks.length + 1}.conv`, shape));
      before = out;
    }
  }
  const last = pointOrStem(`features.${blocks.length + 1}`, { in: before, out: featureCount, kernel: 1, stride: 1 });
  const layers = [stem, ...blocks, last];
  return {
    parameters: layers.flatMap((layer) => layer.parameters),
    featureCount,
    features: (forward, images) => globalAveragePool(layers.reduce((x, layer) => layer.apply(forward, x), images)),
  };
}

/** The nearest multiple of eight that is not more than a tenth below: torchvision's rule for widths. */
function toMultipleOf8(channels: number): number {
  const nearest = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return nearest < 0.9 * channels ? nearest + 8 : nearest;
}

/** A convolution, batch normalisation and ReLU6. */
function pointOrStem(name: string, shape: { in: number; out: number; kernel: number; stride: number }): MapLayer {
  const conv = convolution(`${name}.0`, { ...shape, bias: false, init: 'kaiming-fan-out' });
  return activated(conv, batchNorm(`${name}.1`, shape.out));
}

function activated(conv: MapLayer, norm: MapLayer): MapLayer {
  return {
    parameters: [...conv.parameters, ...norm.parameters],
    apply: (forward, x) => relu6(norm.apply(forward, conv.apply(forward, x))),
  };
}

/** 1×1 to more channels, 3×3 on each of them, 1×1 back without activation; added to what came in where the shapes are the same. */
function invertedResidual(name: string, shape: { in: number; out: number; expansion: number; stride: number }): MapLayer {
  const { stride, expansion } = shape;
  const hidden = shape.in * expansion;
  const expand = expansion === 1 ? [] : [pointOrStem(`${name}.0`, { in: shape.in, out: hidden, kernel: 1, stride: 1 })];
  const at = expand.length;
  const kernel = 3;
  // He et al.'s fan out as PyTorch counts it, which leaves the groups out of account.
  const init = { type: 'normal', std: Math.sqrt(2 / (hidden * kernel * kernel)) } as const;
  const depthwise = activated(
    depthwiseConvolution(`${name}.${at}.0`, { channels: hidden, kernel, stride, init }),
    batchNorm(`${name}.${at}.1`, hidden),
  );
  const project = convolution(`${name}.${at + 1}`, {
    in: hidden,
    out: shape.out,
    kernel: 1,
    bias: false,
    init: 'kaiming-fan-out',
  });
  const layers = [...expand, depthwise, project, batchNorm(`${name}.${at + 2}`, shape.out)];
  const isResidual = stride === 1 && shape.in === shape.out;
  return {
    parameters: layers.flatMap((layer) => layer.parameters),
    apply(forward, x) {
      const y = layers.reduce((z, layer) => layer.apply(forward, z), x);
      return isResidual ? tf.add(x, y) : y;
    },
  };
}

export const mobilenetV2 = defineBackbone({
  id: 'mobilenet-v2',
  summary: 'MobileNetV2: seventeen inverted residual blocks of depthwise convolutions, 2.2 M parameters',
  paper: 'Sandler et al., MobileNetV2: Inverted residuals and linear bottlenecks, CVPR 2018',
  config: z.strictObject({
    type: z.literal('mobilenet-v2'),
    width: z.number().min(0.1).max(4).default(1).describe('Factor on the channels of every layer'),
  }),
  tiny: { width: 0.1 },
  create: ({ width }, inputShape) => createMobilenetV2(width, inputShape),
});
