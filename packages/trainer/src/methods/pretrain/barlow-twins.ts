import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import { identityMatrix } from '../../identity-matrix.ts';
import { unitRows } from '../../unit-rows.ts';
import { defineMethod } from '../define-method.ts';
import { labelFreeTraining } from './default-training.ts';
import { collapsedSpread, embeddingSpread } from './embedding.ts';
import { layerWidth, projector, standardizeColumns, widthOf } from './projector.ts';
import { unlikeViewDefaults, viewsSetting } from './view-augment.ts';
import { viewPair } from './view-pair.ts';

export const barlowTwins = defineMethod({
  id: 'barlow-twins',
  summary: 'Without labels: make each dimension of the two embeddings agree with itself and with no other',
  paper: 'Zbontar et al., Barlow Twins: self-supervised learning via redundancy reduction, ICML 2021',
  config: z.strictObject({
    type: z.literal('barlow-twins'),
    redundancy: z
      .number()
      .positive()
      .default(0.0051)
      .describe('Weight of the correlations between dimensions (λ); 0.0051 in the paper'),
    scale: z
      .number()
      .positive()
      .default(0.1)
      .describe('Factor on the loss, which is a sum over dimensions; 0.1 in solo-learn on CIFAR'),
    hidden: layerWidth.describe("Width of the hidden layers; null: four times the features', at most solo-learn's 2048"),
    width: layerWidth.describe('Width of the embeddings; null: that of the hidden layers. 8192 in the paper on ImageNet'),
    views: viewsSetting,
  }),
  tiny: { hidden: 16, width: 8, scale: 1, redundancy: 0.5 },
  examples: 'all',
  ...unlikeViewDefaults,
  defaultTraining: labelFreeTraining,
  create({ redundancy, scale, hidden, width, views: given }, { backbone, augment }) {
    const { featureCount } = backbone;
    const inner = widthOf(hidden, { times: 4, most: 2048, featureCount });
    const head = projector('projector', { in: featureCount, widths: [inner, inner, width ?? inner], last: 'unbiased' });
    return {
      parameters: head.parameters,
      isTrainable: () => true,
      evaluator: representationEvaluator(backbone),
      views: given ?? [augment, augment],
      collapse: collapsedSpread,
      step(forward, { views }) {
        const [z1, z2] = viewPair(views.map((view) => head.apply(forward, backbone.features(forward, view))));
        const { onDiagonal, offDiagonal } = correlationLoss(standardizeColumns(z1), standardizeColumns(z2));
        const loss = tf.mul<tf.Scalar>(scale, tf.add(onDiagonal, tf.mul(redundancy, offDiagonal)));
        return { loss, metrics: { onDiagonal, offDiagonal, embeddingSpread: embeddingSpread(unitRows(z1)) } };
      },
    };
  },
});

/** How far the correlations of two embeddings [batch, width], standardised over the batch, are from the identity: equation 1's two sums. */
export function correlationLoss(first: tf.Tensor2D, second: tf.Tensor2D): { onDiagonal: tf.Scalar; offDiagonal: tf.Scalar } {
  const [batch, width] = first.shape;
  const correlation = tf.div(tf.matMul(first, second, true), batch);
  const own = tf.div(tf.sum(tf.mul(first, second), 0), batch);
  return {
    onDiagonal: tf.sum(tf.squaredDifference(own, 1)),
    offDiagonal: tf.sum(tf.square(tf.mul(correlation, tf.sub(1, identityMatrix(width))))),
  };
}
