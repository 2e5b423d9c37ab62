import { affineTransforms, projectiveTransform } from '@scion/engine/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineAugmentation } from './define-augmentation.ts';
import { drawBetween } from './draw-between.ts';
import { orderedPair } from './ordered-pair.ts';

export const randomAffine = defineAugmentation({
  id: 'random-affine',
  summary: 'Turns, shifts, scales and shears an image at random (bilinear); what comes from outside is 0',
  config: z.strictObject({
    type: z.literal('random-affine'),
    degrees: z.number().min(0).max(180).default(0).describe('Turned by up to this angle either way'),
    translate: z.number().min(0).max(1).default(0).describe('Shifted by up to this share of the side, along each axis'),
    scale: orderedPair(z.number().positive()).default([1, 1]).describe('Scaled by a factor between these'),
    shear: z.number().min(0).max(80).default(0).describe('Sheared along x by up to this angle, in degrees, either way'),
  }),
  create: ({ degrees, translate, scale, shear }) => ({
    train(images, draw) {
      const [batch, height, width] = images.shape;
      const between = (part: string, low: number, high: number) =>
        drawBetween(draw, part, { range: [low, high], shape: [batch] }) as tf.Tensor1D;
      const either = (part: string, most: number) => between(part, -most, most);
      const transforms = affineTransforms(
        {
          angle: either('angle', (degrees * Math.PI) / 180),
          scale: between('scale', scale[0], scale[1]),
          shiftX: either('x', translate * width),
          shiftY: either('y', translate * height),
          shear: either('shear', (shear * Math.PI) / 180),
        },
        { height, width },
      );
      return projectiveTransform(images, transforms, { interpolation: 'bilinear' });
    },
  }),
});
