import { perImage, symmetricBeta } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineAugmentation } from './define-augmentation.ts';
import { partnersOf } from './label-mix.ts';

export const mixup = defineAugmentation({
  id: 'mixup',
  summary: 'Mixes each image, and its label, with another of the batch, by a weight of its own',
  paper: 'Zhang et al., mixup: Beyond Empirical Risk Minimization, 2018',
  config: z.strictObject({
    type: z.literal('mixup'),
    alpha: z
      .number()
      .gt(0)
      .max(100)
      .default(0.2)
      .describe("Weights are drawn from Beta(alpha, alpha); the paper's value for ImageNet"),
    probability: z.number().min(0).max(1).default(1).describe('Of mixing an image at all'),
  }),
  create: ({ alpha, probability }) => ({
    mix(images, { rng, site }) {
      const shape = [images.shape[0]];
      const isMixed = tf.less(rng.uniform(`${site}/apply`, shape), probability);
      const weight = tf.where(isMixed, symmetricBeta(rng, `${site}/weight`, { alpha, shape }), 1) as tf.Tensor1D;
      const own = perImage(weight);
      return { images: tf.add(tf.mul(images, own), tf.mul(partnersOf(images), tf.sub(1, own))), mix: { weight } };
    },
  }),
});
