import { choosePerImage } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineAugmentation } from './define-augmentation.ts';

export const randomVerticalFlip = defineAugmentation({
  id: 'random-vertical-flip',
  summary: 'Mirrors an image top to bottom',
  config: z.strictObject({
    type: z.literal('random-vertical-flip'),
    probability: z.number().min(0).max(1).default(0.5),
  }),
  create: ({ probability }) => ({
    train(images, { rng, site }) {
      const isFlipped = tf.less(rng.uniform(site, [images.shape[0]]), probability);
      return choosePerImage(isFlipped, tf.reverse(images, 1), images);
    },
  }),
});
