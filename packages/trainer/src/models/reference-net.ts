import { dropout, relu, spatialDropout } from '@scion/engine/ops';
import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Forward } from '../parameters.ts';
import { defineBackbone } from './define-backbone.ts';
import { convolution, flatten, linear } from './layers.ts';

const hiddenWidth = 1024;
const featureCount = 512;

/** Two convolutions, a pool and two wide linear layers: no normalisation, 34.2 M parameters at 32×32. Sized by its input. */
export const referenceNet = defineBackbone({
  id: 'reference-net',
  summary: 'Two 3×3 convolutions (64, 128), max-pool, linear 1024 and 512, with dropout',
  config: z.strictObject({
    type: z.literal('reference-net'),
    spatialDropout: z.number().min(0).max(0.95).default(0.25).describe('Share of channels dropped after the pool'),
    dropout: z.number().min(0).max(0.95).default(0.5).describe('Share of units dropped after the first linear layer'),
  }),
  create(config, [height, width, channels]) {
    if (height < 2 || width < 2)
      throw new ScionError('shapeMismatch', `reference-net needs images of at least 2×2, not ${height}×${width}`);
    const map = [Math.floor(height / 2), Math.floor(width / 2), 128] as const;
    const conv1 = convolution('conv1', { in: channels, out: 64, kernel: 3 });
    const conv2 = convolution('conv2', { in: 64, out: 128, kernel: 3 });
    const fc1 = linear('fc1', { in: map[0] * map[1] * map[2], out: hiddenWidth, flattenedFrom: map });
    const fc2 = linear('fc2', { in: hiddenWidth, out: featureCount });
    const pooled = (forward: Forward, images: tf.Tensor4D) =>
      tf.maxPool(relu(conv2.apply(forward, relu(conv1.apply(forward, images)))), 2, 2, 'valid');
    return {
      parameters: [conv1, conv2, fc1, fc2].flatMap((layer) => layer.parameters),
      featureCount,
      features(forward, images) {
        let x = pooled(forward, images);
        if (forward.training) x = spatialDropout(x, config.spatialDropout, { rng: forward.rng, site: 'dropout1' });
        let h = relu(fc1.apply(forward, flatten(x)));
        if (forward.training) h = dropout(h, config.dropout, { rng: forward.rng, site: 'dropout2' });
        return relu(fc2.apply(forward, h));
      },
      featureMaps: (forward, images) => ({ conv2: pooled(forward, images) }),
    };
  },
});
