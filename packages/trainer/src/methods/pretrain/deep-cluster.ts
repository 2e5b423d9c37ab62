import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import type { ParameterSpec } from '../../parameters.ts';
import { unitRows } from '../../unit-rows.ts';
import { defineMethod } from '../define-method.ts';
import { labelFreeTraining } from './default-training.ts';
import { collapsedSpread, embeddingSpread } from './embedding.ts';
import { localViewSettings, multiCropViews } from './multi-crop.ts';
import { layerWidth, projector, widthOf } from './projector.ts';
import { createQueue, queueNeedsWholeBatch, queueSize } from './queue.ts';
import { drawnRows, nearestCentroid, nextCentroids } from './running-clusters.ts';
import { swappedLoss } from './swapped-prediction.ts';
import { contrastiveViews } from './view-augment.ts';
import { viewPair } from './view-pair.ts';
import { withoutGradient } from './without-gradient.ts';

/**
 * DeepCluster-v2 clusters the whole data set between epochs. Here k-means runs along, a round in each step, over a queue of the latest
 * embeddings: a step then stays a function of what was before it, whatever the size of the data.
 */
export const deepCluster = defineMethod({
  id: 'deep-cluster',
  summary: 'Without labels: tell from one view which cluster the other is in, by a k-means that runs along over earlier images',
  paper:
    'Caron et al., Deep clustering for unsupervised learning of visual features, ECCV 2018; DeepCluster-v2 in Caron et al., SwAV, NeurIPS 2020',
  config: z.strictObject({
    type: z.literal('deep-cluster'),
    temperature: z.number().positive().default(0.1).describe('Of the softmax; 0.1 in DeepCluster-v2'),
    clusters: z
      .int()
      .min(2)
      .max(16_384)
      .default(128)
      .describe(
        'Ten times the classes or more, says DeepCluster; 3,000 in DeepCluster-v2 for 1.3 million images. Some 30 embeddings of the queue for each',
      ),
    queue: queueSize
      .default(4096)
      .describe('Latest embeddings that are clustered; all of the data set in DeepCluster-v2, 3,840 in the queue of SwAV'),
    hidden: layerWidth.describe(
      "Width of the projector's hidden layer; null: four times the features', at most the paper's 2048",
    ),
    width: z.int().min(2).max(8192).default(128).describe('Width of the embeddings; 128 in DeepCluster-v2'),
    ...localViewSettings,
  }),
  tiny: { temperature: 1, clusters: 4, queue: 24, hidden: 16, width: 8 }, // at 0.1 four clusters are soon told apart, and of no loss rounding is much
  examples: 'all',
  defaultAugment: contrastiveViews,
  defaultTraining: labelFreeTraining,
  create(settings, context) {
    const { temperature, clusters, queue: size, hidden, width } = settings;
    const { backbone } = context;
    const { featureCount } = backbone;
    const widths = [widthOf(hidden, { times: 4, most: 2048, featureCount }), width];
    const head = projector('projector', { in: featureCount, widths, last: 'biased' });
    const queue = createQueue('queue', { size, width });
    const centroids: ParameterSpec = {
      name: 'centroids',
      shape: [clusters, width],
      init: { type: 'normal', std: 1 / Math.sqrt(width) },
      role: 'statistic',
      layout: { type: 'plain' },
    };
    return {
      parameters: [...head.parameters, ...queue.parameters, centroids],
      isTrainable: () => true,
      evaluator: representationEvaluator(backbone),
      views: multiCropViews(settings, context),
      collapse: collapsedSpread,
      needsWholeBatch: queueNeedsWholeBatch,
      step(forward, { views }) {
        const rows = views.map((view) => unitRows(head.apply(forward, backbone.features(forward, view))));
        const pair = viewPair(rows.slice(0, 2));
        const known = queue.read(forward);
        const spare = drawnRows(known, forward.rng.uniform('deep-cluster/spare', [clusters]));
        const current = nextCentroids(known, forward.parameter(centroids.name) as tf.Tensor2D, spare);
        const loss = clusterLoss(rows, pair, { centroids: current, temperature });
        forward.updateStatistic(centroids.name, current);
        queue.push(forward, pair[0]);
        return { loss, metrics: { embeddingSpread: embeddingSpread(pair[0]) } };
      },
    };
  },
});

/** The cross-entropy of each view's nearness to the centroids against the cluster that each of the other, targets, is in; all unit rows. */
export function clusterLoss(
  rows: readonly tf.Tensor2D[],
  targets: readonly tf.Tensor2D[],
  { centroids, temperature }: { centroids: tf.Tensor2D; temperature: number },
): tf.Scalar {
  const clusters = targets.map((view) =>
    withoutGradient(view, (unit) => {
      return tf.cast(tf.oneHot(nearestCentroid(unit, centroids), centroids.shape[0]), 'float32') as tf.Tensor2D;
    }),
  );
  const logits = rows.map((view) => tf.div(tf.matMul(view, centroids, false, true), temperature) as tf.Tensor2D);
  return swappedLoss(logits, clusters);
}
