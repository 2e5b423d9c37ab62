import { relu } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Forward, ParameterSpec } from '../parameters.ts';
import { type Backbone, defineBackbone, type ImageShape } from './define-backbone.ts';
import { batchNorm, convolution, globalAveragePool, type MapLayer } from './layers.ts';

type Variant = { blocks: readonly [number, number, number, number]; width: number };

/** He et al., "Deep residual learning for image recognition" (CVPR 2016), with torchvision's tensor names. */
function createResnet({ blocks, width }: Variant, [, , channels]: ImageShape): Backbone {
  // The stem for small images: one 3×3 convolution at stride 1, no max-pool.
  const stem = convNorm({ conv: 'conv1', norm: 'bn1', in: channels, out: width, kernel: 3, stride: 1 });
  const stages = blocks.flatMap((count, stage) =>
    Array.from({ length: count }, (_, index) => {
      const out = width * 2 ** stage;
      const isFirst = index === 0;
      const stride = isFirst && stage > 0 ? 2 : 1;
      return basicBlock(`layer${stage + 1}.${index}`, { in: isFirst && stage > 0 ? out / 2 : out, out, stride });
    }),
  );
  return {
    parameters: [...stem.parameters, ...stages.flatMap((block) => block.parameters)],
    featureCount: width * 8,
    features(forward, images) {
      const first = relu(stem.apply(forward, images));
      return globalAveragePool(stages.reduce((x, block) => block.apply(forward, x), first));
    },
  };
}

type ConvNormOptions = { conv: string; norm: string; in: number; out: number; kernel: number; stride: number };

function convNorm({ conv, norm, ...shape }: ConvNormOptions): MapLayer {
  const convolve = convolution(conv, { ...shape, bias: false, init: 'kaiming-fan-out' });
  const normalise = batchNorm(norm, shape.out);
  return {
    parameters: [...convolve.parameters, ...normalise.parameters],
    apply: (forward, x) => normalise.apply(forward, convolve.apply(forward, x)),
  };
}

function basicBlock(name: string, shape: { in: number; out: number; stride: number }): MapLayer {
  const first = convNorm({ conv: `${name}.conv1`, norm: `${name}.bn1`, ...shape, kernel: 3 });
  const second = convNorm({ conv: `${name}.conv2`, norm: `${name}.bn2`, in: shape.out, out: shape.out, kernel: 3, stride: 1 });
  const changesShape = shape.stride !== 1 || shape.in !== shape.out;
  const shortcut = changesShape
    ? convNorm({ conv: `${name}.downsample.0`, norm: `${name}.downsample.1`, ...shape, kernel: 1 })
    : null;
  const layers: ParameterSpec[] = [first, second, ...(shortcut ? [shortcut] : [])].flatMap((layer) => layer.parameters);
  return {
    parameters: layers,
    apply(forward: Forward, x) {
      const y = second.apply(forward, relu(first.apply(forward, x)));
      return relu(tf.add(y, shortcut ? shortcut.apply(forward, x) : x));
    },
  };
}

const paper = 'He et al., Deep residual learning for image recognition, CVPR 2016';

export const resnet18Small = defineBackbone({
  id: 'resnet18-small',
  summary: 'ResNet-18 of quarter width (16 to 128 channels) with the stem for small images: 0.7 M parameters',
  paper,
  config: z.strictObject({ type: z.literal('resnet18-small') }),
  create: (_config, inputShape) => createResnet({ blocks: [2, 2, 2, 2], width: 16 }, inputShape),
});
