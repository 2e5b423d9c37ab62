import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineAugmentation } from './define-augmentation.ts';

const PerChannel = z.array(z.number()).min(1).max(4);

export const normalize = defineAugmentation({
  id: 'normalize',
  summary: 'Subtracts a mean and divides by a standard deviation, in training and evaluation',
  config: z.strictObject({
    type: z.literal('normalize'),
    mean: PerChannel.describe('One number for each channel, or one for all, on the scale 0 to 1'),
    std: z
      .array(z.number().positive())
      .min(1)
      .max(4)
      .describe('One number for each channel, or one for all, on the scale 0 to 1'),
  }),
  create({ mean, std }) {
    const apply = (images: tf.Tensor4D) => tf.div(tf.sub(images, tf.tensor1d(mean)), tf.tensor1d(std)) as tf.Tensor4D;
    return {
      range: 'leavesUnit',
      outputShape(shape) {
        for (const [name, values] of Object.entries({ mean, std })) {
          if (values.length !== 1 && values.length !== shape[2]) {
            throw new ScionError(
              'shapeMismatch',
              `normalize: ${name} has ${values.length} numbers for images of ${shape[2]} channels`,
            );
          }
        }
        return shape;
      },
      train: apply,
      evaluate: apply,
    };
  },
});
