import { projectiveTransform } from '@scion/engine/ops';
import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineAugmentation } from './define-augmentation.ts';
import { Side } from './resize.ts';

export const randomCrop = defineAugmentation({
  id: 'random-crop',
  summary: 'Lays zeros around an image and cuts a square out at a random place; in evaluation, out of the middle',
  config: z.strictObject({
    type: z.literal('random-crop'),
    size: Side.describe('Side of the square that is cut out, in pixels'),
    padding: z.int().min(0).max(1024).default(0).describe('Zeros on each side, in pixels'),
  }),
  create: ({ size, padding }) => ({
    outputShape([height, width, channels]) {
      if (height + 2 * padding < size || width + 2 * padding < size) {
        throw new ScionError(
          'shapeMismatch',
          `random-crop cannot cut ${size}×${size} out of ${height}×${width} with padding ${padding}`,
        );
      }
      return [size, size, channels];
    },
    train(images, { rng, site }) {
      const [batch, height, width] = images.shape;
      // Whole-pixel shifts with zeros outside: the padded image never has to exist.
      const shift = (axis: string, side: number) => {
        const places = side + 2 * padding - size + 1;
        return tf.sub(tf.floor(tf.mul(rng.uniform(`${site}/${axis}`, [batch]), places)), padding);
      };
      const zero = tf.zeros([batch]);
      const one = tf.ones([batch]);
      const transforms = tf.stack([one, zero, shift('x', width), zero, one, shift('y', height), zero, zero], 1) as tf.Tensor2D;
      return projectiveTransform(images, transforms, { interpolation: 'nearest', outputShape: [size, size] });
    },
    evaluate(images) {
      const [batch, height, width, channels] = images.shape;
      if (height === size && width === size) return images;
      const [top, left] = [Math.max(0, size - height), Math.max(0, size - width)].map((missing) => Math.floor(missing / 2)) as [
        number,
        number,
      ];
      const padded = tf.pad4d(images, [
        [0, 0],
        [top, Math.max(0, size - height) - top],
        [left, Math.max(0, size - width) - left],
        [0, 0],
      ]);
      const start = [0, Math.floor((padded.shape[1] - size) / 2), Math.floor((padded.shape[2] - size) / 2), 0];
      return tf.slice4d(padded, start as [number, number, number, number], [batch, size, size, channels]);
    },
  }),
});
