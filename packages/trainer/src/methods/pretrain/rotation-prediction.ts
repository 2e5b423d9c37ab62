import { accuracy, crossEntropy } from '@scion/engine/ops';
import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import { linear } from '../../models/layers.ts';
import { defineMethod } from '../define-method.ts';
import { croppedView } from './cropped-view.ts';

const turns = 4;

export const rotationPrediction = defineMethod({
  id: 'rotation-prediction',
  summary: 'Without labels: tell by which of four quarter turns an image is rotated (not for images without an upright)',
  paper: 'Gidaris et al., Unsupervised representation learning by predicting image rotations, ICLR 2018',
  config: z.strictObject({ type: z.literal('rotation-prediction') }),
  examples: 'all',
  defaultAugment: croppedView,
  create(_config, { backbone, inputShape: [height, width] }) {
    if (height !== width)
      throw new ScionError('shapeMismatch', `rotation-prediction turns square images only, not ${height}×${width}`);
    const head = linear('rotation', { in: backbone.featureCount, out: turns });
    return {
      parameters: head.parameters,
      isTrainable: () => true,
      evaluator: representationEvaluator(backbone),
      step(forward, { images }) {
        // All four of each image in one step: far better than one drawn at random, says the paper (section 3.2).
        const scores = head.apply(forward, backbone.features(forward, allRotations(images)));
        const labels = rotationLabels(images.shape[0]);
        return { loss: crossEntropy(scores, labels), metrics: { rotationAccuracy: accuracy(scores, labels) } };
      },
    };
  },
});

/** Square images [batch, side, side, channel] → [4 · batch, …]: all as they are, then all turned counterclockwise once, twice, three times. */
export function allRotations(images: tf.Tensor4D): tf.Tensor4D {
  const transposed = tf.transpose(images, [0, 2, 1, 3]);
  return tf.concat4d([images, tf.reverse(transposed, 1), tf.reverse(images, [1, 2]), tf.reverse(transposed, 2)], 0);
}

/** int32 [4 · batch]: by how many quarter turns. */
function rotationLabels(batch: number): tf.Tensor1D {
  return tf.concat1d(Array.from({ length: turns }, (_, turn) => tf.fill([batch], turn, 'int32') as tf.Tensor1D));
}
