import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineAugmentation } from './define-augmentation.ts';

export const Side = z.int().min(1).max(4096);

/** Side of a square, or height and width. */
export const Size = z.union([Side, z.tuple([Side, Side])]).describe('Side of a square, or [height, width], in pixels');

/** [height, width] of a `Size`. */
export const sidesOf = (size: z.infer<typeof Size>): [number, number] => (typeof size === 'number' ? [size, size] : size);

export const resize = defineAugmentation({
  id: 'resize',
  summary: 'Brings every image to one size (bilinear), in training and evaluation',
  config: z.strictObject({
    type: z.literal('resize'),
    size: Size,
  }),
  create({ size }) {
    const [height, width] = sidesOf(size);
    const apply = (images: tf.Tensor4D) =>
      images.shape[1] === height && images.shape[2] === width
        ? images
        : tf.image.resizeBilinear(images, [height, width], false, true);
    return {
      outputShape: ([, , channels]) => [height, width, channels],
      train: apply,
      evaluate: apply,
      decoding: { size: [height, width] },
    };
  },
});
