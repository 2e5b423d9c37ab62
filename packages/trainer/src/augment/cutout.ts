import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { areaMask, boxAround } from './box.ts';
import { defineAugmentation } from './define-augmentation.ts';
import { Side } from './resize.ts';

export const cutout = defineAugmentation({
  id: 'cutout',
  summary: 'Blanks a square at a random place; its centre is inside the image, its sides may lie outside',
  paper: 'DeVries & Taylor, Improved Regularization of Convolutional Neural Networks with Cutout, 2017',
  config: z.strictObject({
    type: z.literal('cutout'),
    size: Side.nullable().default(null).describe('Side of the square, in pixels; null: by `fraction`'),
    fraction: z
      .number()
      .gt(0)
      .max(2)
      .default(0.5)
      .describe("Side of the square as a share of the image's shorter side; the paper's 16 of 32 pixels for CIFAR-10"),
    fill: z.number().default(0).describe('What stands in the square'),
  }),
  create: ({ size, fraction, fill }) => ({
    train(images, { rng, site }) {
      const [batch, height, width] = images.shape;
      const side = tf.fill([batch], size ?? Math.round(fraction * Math.min(height, width))) as tf.Tensor1D;
      const box = boxAround({ rng, site }, { height: side, width: side }, images.shape);
      return tf.where(tf.logicalNot(areaMask(box, images.shape)), images, fill);
    },
  }),
});
