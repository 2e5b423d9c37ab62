import { choosePerImage, luminance } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { colourShape } from './colour-shape.ts';
import { defineAugmentation } from './define-augmentation.ts';

export const randomGrayscale = defineAugmentation({
  id: 'random-grayscale',
  summary: 'Takes the colour out of an image; it keeps three channels, all alike',
  config: z.strictObject({
    type: z.literal('random-grayscale'),
    probability: z.number().min(0).max(1).default(0.1).describe("torchvision's default; SimCLR takes 0.2"),
  }),
  create: ({ probability }) => ({
    range: 'unit',
    outputShape: colourShape('random-grayscale'),
    train(images, { rng, site }) {
      const isGray = tf.less(rng.uniform(site, [images.shape[0]]), probability);
      return choosePerImage(isGray, luminance(images), images);
    },
  }),
});
