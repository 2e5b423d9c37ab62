import { relu } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import type { ImageShape } from '../../models/define-backbone.ts';
import { convolution, linear } from '../../models/layers.ts';
import type { Forward } from '../../parameters.ts';
import { defineMethod } from '../define-method.ts';
import { croppedView } from './cropped-view.ts';
import { imagesOfCells } from './patches.ts';

/** Pixels that one cell of the decoder's map stands for, on a side. */
const cellSide = 4;

export const denoisingAutoencoder = defineMethod({
  id: 'denoising-autoencoder',
  summary: 'Without labels: draw an image from the features of a noisy copy of it',
  paper: 'Vincent et al., Stacked denoising autoencoders, Journal of Machine Learning Research, 2010',
  config: z.strictObject({
    type: z.literal('denoising-autoencoder'),
    noise: z
      .number()
      .min(0)
      .max(10)
      .default(0.5)
      .describe(
        'Standard deviation of the noise that is added to each number of the augmented image; 0.5 is the most that the paper tries',
      ),
    width: z.int().min(1).max(1024).default(64).describe("Channels of the decoder's maps"),
  }),
  examples: 'all',
  defaultAugment: croppedView,
  create({ noise, width }, { backbone, inputShape }) {
    const decoder = createDecoder(backbone.featureCount, width, inputShape);
    const draw = (forward: Forward, images: tf.Tensor4D) => {
      const shown = tf.add(images, tf.mul(forward.rng.normal('denoising/noise', images.shape), noise)) as tf.Tensor4D;
      return { shown, drawn: decoder.apply(forward, backbone.features(forward, shown)) };
    };
    return {
      parameters: decoder.parameters,
      isTrainable: () => true,
      evaluator: representationEvaluator(backbone),
      draw,
      step(forward, { images }) {
        const { drawn } = draw(forward, images);
        return { loss: tf.mean(tf.squaredDifference(drawn, images)) as tf.Scalar, metrics: {} };
      },
    };
  },
});

/** Features [batch, in] → images: laid out as a coarse map, mixed with its neighbours, each cell then drawn as a square of pixels. */
function createDecoder(input: number, width: number, [height, wide, channels]: ImageShape) {
  const [rows, columns] = [Math.ceil(height / cellSide), Math.ceil(wide / cellSide)];
  const layout = linear('decoder.layout', { in: input, out: rows * columns * width });
  const mixing = convolution('decoder.conv', { in: width, out: width, kernel: 3 });
  const drawing = convolution('decoder.draw', { in: width, out: cellSide * cellSide * channels, kernel: 3 });
  return {
    parameters: [layout, mixing, drawing].flatMap(({ parameters }) => parameters),
    apply(forward: Forward, features: tf.Tensor2D): tf.Tensor4D {
      const [batch] = features.shape;
      const map = tf.reshape(relu(layout.apply(forward, features)), [batch, rows, columns, width]) as tf.Tensor4D;
      const squares = drawing.apply(forward, relu(mixing.apply(forward, map)));
      return tf.slice4d(imagesOfCells(squares, cellSide), [0, 0, 0, 0], [batch, height, wide, channels]);
    },
  };
}
