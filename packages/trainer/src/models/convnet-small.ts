import { z } from 'zod';
import { defineBackbone } from './define-backbone.ts';
import { batchNorm, chain, convolution, reluLayer } from './layers.ts';
import { pooledStages } from './pooled-stages.ts';

const widths = [32, 64, 128] as const;

/** Three strided convolutions with batch normalisation: about 93,000 parameters, for digits and other small images. */
export const convnetSmall = defineBackbone({
  id: 'convnet-small',
  summary: 'Three strided 3×3 convolutions (32, 64, 128) with batch normalisation, average-pooled: 93 k parameters',
  config: z.strictObject({ type: z.literal('convnet-small') }),
  create(_config, [, , channels]) {
    const stages = widths.map((out, index) => {
      const before = widths[index - 1] ?? channels;
      const conv = { in: before, out, kernel: 3, stride: 2, bias: false, init: 'kaiming-fan-out' } as const;
      const name = `conv${index + 1}`;
      return { name, layer: chain([convolution(name, conv), batchNorm(`bn${index + 1}`, out), reluLayer]) };
    });
    return pooledStages(stages, widths[2]);
  },
});
