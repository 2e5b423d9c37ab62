import { choosePerImage } from '@scion/engine/ops';
import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineAugmentation } from './define-augmentation.ts';

export const randomRotation90 = defineAugmentation({
  id: 'random-rotation-90',
  summary: 'Turns a square image by 0, 90, 180 or 270 degrees, each as likely',
  config: z.strictObject({ type: z.literal('random-rotation-90') }),
  create: () => ({
    outputShape(shape) {
      const [height, width] = shape;
      if (height !== width)
        throw new ScionError('shapeMismatch', `random-rotation-90 turns square images only, not ${height}×${width}`);
      return shape;
    },
    train(images, { rng, site }) {
      // A quarter turn or none, then half a turn or none: the two draws make all four.
      const draws = rng.uniform(site, [2, images.shape[0]]);
      const [isQuarter, isHalf] = tf.unstack(tf.less(draws, 0.5)) as [tf.Tensor1D, tf.Tensor1D];
      const clockwise = tf.reverse(tf.transpose(images, [0, 2, 1, 3]), 2);
      const turned = choosePerImage(isQuarter, clockwise, images);
      return choosePerImage(isHalf, tf.reverse(turned, [1, 2]), turned);
    },
  }),
});
