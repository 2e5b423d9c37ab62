import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import { identityMatrix } from '../../identity-matrix.ts';
import { defineMethod } from '../define-method.ts';
import { labelFreeTraining } from './default-training.ts';
import { layerWidth, projector, widthOf } from './projector.ts';
import { solarizedViews } from './view-augment.ts';
import { viewPair } from './view-pair.ts';

const weight = z.number().min(0);

export const vicreg = defineMethod({
  id: 'vicreg',
  summary: 'Without labels: make the two embeddings alike, with a spread that is kept up and no dimension like another',
  paper: 'Bardes, Ponce & LeCun, VICReg: variance-invariance-covariance regularization for self-supervised learning, ICLR 2022',
  config: z.strictObject({
    type: z.literal('vicreg'),
    invariance: weight.default(25).describe('Weight of the distance between the views (λ); 25 in the paper'),
    variance: weight.default(25).describe('Weight of what is missing to a standard deviation of 1 (μ); 25 in the paper'),
    covariance: weight.default(1).describe('Weight of the covariances between dimensions (ν); 1 in the paper'),
    hidden: layerWidth.describe("Width of the hidden layers; null: four times the features', at most solo-learn's 2048"),
    width: layerWidth.describe('Width of the embeddings; null: that of the hidden layers. 8192 in the paper on ImageNet'),
  }),
  tiny: { hidden: 16, width: 8, invariance: 1, variance: 1, covariance: 0.04 },
  examples: 'all',
  defaultAugment: solarizedViews,
  defaultTraining: labelFreeTraining,
  create({ hidden, width, ...weights }, { backbone, augment }) {
    const { featureCount } = backbone;
    const inner = widthOf(hidden, { times: 4, most: 2048, featureCount });
    const head = projector('projector', { in: featureCount, widths: [inner, inner, width ?? inner], last: 'unbiased' });
    return {
      parameters: head.parameters,
      isTrainable: () => true,
      evaluator: representationEvaluator(backbone),
      views: [augment, augment],
      // Nothing scales these embeddings, so that they collapse by shrinking; the variance term keeps them at 1, and they start at 0.4.
      collapse: { metric: 'embeddingDeviation', below: 0.1 },
      step(forward, { views }) {
        const [z1, z2] = viewPair(views.map((view) => head.apply(forward, backbone.features(forward, view))));
        const terms = vicregTerms(z1, z2);
        const loss = tf.addN([
          tf.mul(weights.invariance, terms.invariance),
          tf.mul(weights.variance, terms.variance),
          tf.mul(weights.covariance, terms.covariance),
        ]) as tf.Scalar;
        return { loss, metrics: { ...terms, embeddingDeviation: meanDeviation(z1) } };
      },
    };
  },
});

export type VicregTerms = Record<'invariance' | 'variance' | 'covariance', tf.Scalar>;

/** The three terms of the loss of two embeddings [batch, width], each as the authors' program weighs it. */
export function vicregTerms(first: tf.Tensor2D, second: tf.Tensor2D): VicregTerms {
  const ofEach = [first, second].map(spreadTerms);
  return {
    invariance: tf.mean(tf.squaredDifference(first, second)),
    variance: tf.div(tf.addN(ofEach.map(({ variance }) => variance)), 2),
    covariance: tf.addN(ofEach.map(({ covariance }) => covariance)) as tf.Scalar,
  };
}

const epsilon = 1e-4; // of the authors, under the root

function spreadTerms(rows: tf.Tensor2D): { variance: tf.Scalar; covariance: tf.Scalar } {
  const [batch, width] = rows.shape;
  const freedom = Math.max(batch - 1, 1);
  const centred = tf.sub(rows, tf.mean(rows, 0, true)) as tf.Tensor2D;
  const deviation = tf.sqrt(tf.add(tf.div(tf.sum(tf.square(centred), 0), freedom), epsilon));
  const covariances = tf.div(tf.matMul(centred, centred, true), freedom);
  return {
    variance: tf.mean(tf.relu(tf.sub(1, deviation))),
    covariance: tf.div(tf.sum(tf.square(tf.mul(covariances, tf.sub(1, identityMatrix(width))))), width),
  };
}

/** The mean, over the dimensions, of the standard deviation of rows. */
function meanDeviation(rows: tf.Tensor2D): tf.Scalar {
  return tf.mean(tf.sqrt(tf.moments(rows, 0).variance));
}
