import { relu } from '@scion/engine/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineBackbone } from './define-backbone.ts';
import { batchNorm, convolution, globalAveragePool } from './layers.ts';

const widths = [32, 64, 128] as const;

/** Three strided convolutions with batch normalisation: about 93,000 parameters, for digits and other small images. */
export const convnetSmall = defineBackbone({
  id: 'convnet-small',
  summary: 'Three strided 3×3 convolutions (32, 64, 128) with batch normalisation, average-pooled: 93 k parameters',
  config: z.strictObject({ type: z.literal('convnet-small') }),
  create(_config, [, , channels]) {
    const stages = widths.map((out, index) => ({
      conv: convolution(`conv${index + 1}`, {
        in: widths[index - 1] ?? channels,
        out,
        kernel: 3,
        stride: 2,
        bias: false,
        init: 'kaiming-fan-out',
      }),
      norm: batchNorm(`bn${index + 1}`, out),
    }));
    return {
      parameters: stages.flatMap(({ conv, norm }) => [...conv.parameters, ...norm.parameters]),
      featureCount: widths[2],
      features: (forward, images) =>
        globalAveragePool(
          stages.reduce<tf.Tensor4D>((x, { conv, norm }) => relu(norm.apply(forward, conv.apply(forward, x))), images),
        ),
    };
  },
});
