import { dropout, relu } from '@scion/engine/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineBackbone } from './define-backbone.ts';
import { flatten, linear } from './layers.ts';

/** Linear layers and ReLUs on the pixels: the plainest thing to compare with. Sized by its input. */
export const mlp = defineBackbone({
  id: 'mlp',
  summary: 'Linear layers with ReLUs on the pixels of the whole image (512 and 256 wide unless set)',
  config: z.strictObject({
    type: z.literal('mlp'),
    widths: z.array(z.int().min(1).max(16_384)).min(1).max(16).default([512, 256]).describe('Of the layers; the last: features'),
    dropout: z.number().min(0).max(0.95).default(0).describe('Share of units dropped after every layer but the last'),
  }),
  tiny: { widths: [32, 16] },
  create({ widths, dropout: rate }, map) {
    const [height, width, channels] = map;
    const layers = widths.map((out, index) => {
      const before = widths[index - 1];
      const name = `fc${index + 1}`;
      if (before !== undefined) return linear(name, { in: before, out });
      return linear(name, { in: height * width * channels, out, flattenedFrom: map });
    });
    return {
      parameters: layers.flatMap((layer) => layer.parameters),
      featureCount: widths.at(-1) ?? 0,
      features: (forward, images) =>
        layers.reduce<tf.Tensor2D>((x, layer, index) => {
          const h = relu(layer.apply(forward, x));
          if (!forward.training || rate === 0 || index === layers.length - 1) return h;
          return dropout(h, rate, { rng: forward.rng, site: `dropout${index + 1}` });
        }, flatten(images)),
    };
  },
});
