import { gaussianBlur as blur } from '@scion/engine/ops';
import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineAugmentation } from './define-augmentation.ts';
import { drawBetween } from './draw-between.ts';
import { orderedPair } from './ordered-pair.ts';

const OddSide = z
  .int()
  .min(3)
  .max(255)
  .refine((side) => side % 2 === 1, 'The side of a kernel must be odd');

export const gaussianBlur = defineAugmentation({
  id: 'gaussian-blur',
  summary: 'Blurs an image by a Gaussian of random width; the border is mirrored',
  paper: 'Chen et al., A Simple Framework for Contrastive Learning of Visual Representations, 2020 (SimCLR)',
  config: z.strictObject({
    type: z.literal('gaussian-blur'),
    sigma: orderedPair(z.number().positive()).default([0.1, 2]).describe('Standard deviation between these, in pixels'),
    probability: z.number().min(0).max(1).default(0.5),
    kernelSize: OddSide.nullable()
      .default(null)
      .describe("Side of the kernel in pixels, odd; null: SimCLR's rule, a tenth of the shorter side (made odd, at least 3)"),
  }),
  create({ sigma, probability, kernelSize }) {
    const radiusFor = (height: number, width: number) =>
      kernelSize === null ? Math.max(1, Math.floor(Math.floor(Math.min(height, width) / 10) / 2)) : (kernelSize - 1) / 2;
    return {
      outputShape(shape) {
        const [height, width] = shape;
        const radius = radiusFor(height, width);
        if (Math.min(height, width) <= radius) {
          const kernel = `a kernel of ${2 * radius + 1} pixels`;
          throw new ScionError(
            'shapeMismatch',
            `gaussian-blur cannot mirror the border of ${height}×${width} images for ${kernel}`,
          );
        }
        return shape;
      },
      train(images, draw) {
        const { rng, site } = draw;
        const [batch, height, width] = images.shape;
        const isBlurred = tf.cast(tf.less(rng.uniform(`${site}/apply`, [batch]), probability), 'float32');
        const drawn = drawBetween(draw, 'sigma', { range: sigma, shape: [batch] });
        return blur(images, tf.mul(drawn, isBlurred) as tf.Tensor1D, radiusFor(height, width));
      },
    };
  },
});
