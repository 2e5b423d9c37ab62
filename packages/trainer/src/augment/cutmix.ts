import { symmetricBeta } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { areaMask, boxAround } from './box.ts';
import { defineAugmentation } from './define-augmentation.ts';
import { partnersOf } from './label-mix.ts';

export const cutmix = defineAugmentation({
  id: 'cutmix',
  summary: 'Lays a box of another image of the batch over each image, and mixes the labels by the areas',
  paper: 'Yun et al., CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features, 2019',
  config: z.strictObject({
    type: z.literal('cutmix'),
    alpha: z
      .number()
      .gt(0)
      .max(100)
      .default(1)
      .describe("The share of an image that stays is drawn from Beta(alpha, alpha); the paper's value"),
    probability: z.number().min(0).max(1).default(1).describe('Of mixing an image at all'),
  }),
  create: ({ alpha, probability }) => ({
    mix(images, draw) {
      const { rng, site } = draw;
      const [batch, height, width] = images.shape;
      const isMixed = tf.less(rng.uniform(`${site}/apply`, [batch]), probability);
      const share = tf.sqrt(tf.sub(1, symmetricBeta(rng, `${site}/weight`, { alpha, shape: [batch] })));
      // Whole pixels, as many to either side of the centre.
      const side = (extent: number) => tf.where(isMixed, tf.mul(tf.floor(tf.mul(share, extent / 2)), 2), 0) as tf.Tensor1D;
      const box = boxAround(draw, { height: side(height), width: side(width) }, images.shape);
      const area = tf.mul(tf.sub(box.bottom, box.top), tf.sub(box.right, box.left));
      const weight = tf.sub(1, tf.div(area, height * width)) as tf.Tensor1D;
      return { images: tf.where(areaMask(box, images.shape), partnersOf(images), images), mix: { weight } };
    },
  }),
});
