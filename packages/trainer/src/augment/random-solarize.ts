import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineAugmentation } from './define-augmentation.ts';

export const randomSolarize = defineAugmentation({
  id: 'random-solarize',
  summary: 'Inverts those pixels of an image that are bright',
  config: z.strictObject({
    type: z.literal('random-solarize'),
    threshold: z.number().min(0).max(1).default(0.5).describe('Values from here on are inverted, on the scale 0 to 1'),
    probability: z.number().min(0).max(1).default(0.5).describe("torchvision's default; BYOL takes 0.2 for one of its two views"),
  }),
  create: ({ threshold, probability }) => ({
    range: 'unit',
    train(images, { rng, site }) {
      const isSolarized = tf.less(rng.uniform(site, [images.shape[0], 1, 1, 1]), probability);
      const inverted = tf.logicalAnd(tf.greaterEqual(images, threshold), isSolarized);
      return tf.where(inverted, tf.sub(1, images), images);
    },
  }),
});
