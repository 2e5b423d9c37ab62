import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import type { Forward } from '../../parameters.ts';
import { unitRows } from '../../unit-rows.ts';
import { defineMethod } from '../define-method.ts';
import { labelFreeTraining } from './default-training.ts';
import { collapsedSpread, embeddingSpread } from './embedding.ts';
import { localViewSettings, multiCropViews } from './multi-crop.ts';
import { layerWidth, projector, widthOf } from './projector.ts';
import { createPrototypes } from './prototypes.ts';
import { createQueue, queueNeedsWholeBatch } from './queue.ts';
import { balancedShares } from './sinkhorn.ts';
import { swappedLoss } from './swapped-prediction.ts';
import { contrastiveViews } from './view-augment.ts';
import { viewPair } from './view-pair.ts';
import { withoutGradient } from './without-gradient.ts';

const share = z.number().min(0).max(1);

export const swav = defineMethod({
  id: 'swav',
  summary: 'Without labels: predict from one view how the other is shared out among learned prototypes, all used alike',
  paper: 'Caron et al., Unsupervised learning of visual features by contrasting cluster assignments, NeurIPS 2020',
  config: z.strictObject({
    type: z.literal('swav'),
    temperature: z.number().positive().default(0.1).describe('Of the softmax; 0.1 in the paper'),
    prototypes: z.int().min(2).max(65_536).default(3000).describe('3000 in the paper, and in solo-learn on CIFAR'),
    epsilon: z.number().positive().default(0.05).describe('How soft the shares are; 0.05 in the paper'),
    iterations: z.int().min(1).max(100).default(3).describe('Rounds of Sinkhorn-Knopp; 3 in the paper'),
    freezePrototypes: share
      .default(0.01)
      .describe(
        'Share of the run in which the prototypes stay as they are; 2 of 1,000 epochs in solo-learn, 1 of 100 to 800 in the paper',
      ),
    queue: z
      .int()
      .min(0)
      .max(1_048_576)
      .default(0)
      .describe('Earlier embeddings of each view that are shared out with those of a small batch; 3,840 in the paper. 0: none'),
    queueAfter: share.default(0.05).describe('Share of the run after which they are; 50 of 1,000 epochs in solo-learn'),
    hidden: layerWidth.describe(
      "Width of the projector's hidden layer; null: four times the features', at most the paper's 2048",
    ),
    width: z.int().min(2).max(8192).default(128).describe('Width of the embeddings; 128 in the paper'),
    ...localViewSettings,
  }),
  tiny: { prototypes: 12, queue: 24, queueAfter: 0.1, hidden: 16, width: 8, localViews: 1 },
  examples: 'all',
  defaultAugment: contrastiveViews,
  defaultTraining: labelFreeTraining,
  create(settings, context) {
    const { temperature, prototypes: count, freezePrototypes, queue: size, queueAfter, hidden, width } = settings;
    const { backbone } = context;
    const { featureCount } = backbone;
    const widths = [widthOf(hidden, { times: 4, most: 2048, featureCount }), width];
    const head = projector('projector', { in: featureCount, widths, last: 'biased' });
    const prototypes = createPrototypes('prototypes', { width, count });
    const queues = size > 0 ? [0, 1].map((view) => createQueue(`queue.${view}`, { size, width })) : [];

    /** How the rows of a view are shared out; from some progress on, together with those of earlier batches. */
    const sharesOf = (forward: Forward, view: { rows: tf.Tensor2D; index: number; progress: tf.Scalar }) =>
      withoutGradient(view.rows, (rows) => {
        const scores = prototypes.scores(forward, rows);
        const alone = balancedShares(scores, settings);
        const queue = queues[view.index];
        if (!queue) return alone;
        const all = tf.concat([scores, prototypes.scores(forward, queue.read(forward))], 0) as tf.Tensor2D;
        const together = tf.slice(balancedShares(all, settings), [0, 0], [rows.shape[0], count]);
        queue.push(forward, rows);
        return tf.where(tf.greaterEqual(view.progress, queueAfter), together, alone) as tf.Tensor2D;
      });

    return {
      parameters: [head, prototypes, ...queues].flatMap(({ parameters }) => parameters),
      isTrainable: () => true,
      evaluator: representationEvaluator(backbone),
      views: multiCropViews(settings, context),
      collapse: collapsedSpread,
      ...(size > 0 ? { needsWholeBatch: queueNeedsWholeBatch } : {}),
      step(forward, { views, progress }) {
        const rows = views.map((view) => unitRows(head.apply(forward, backbone.features(forward, view))));
        const gate = { progress, from: freezePrototypes };
        const scores = rows.map((view) => prototypes.scoresLearningFrom(forward, view, gate));
        const targets = viewPair(rows.slice(0, 2)).map((view, index) => sharesOf(forward, { rows: view, index, progress }));
        const loss = swappedLoss(
          scores.map((view) => tf.div(view, temperature) as tf.Tensor2D),
          targets,
        );
        return { loss, metrics: { embeddingSpread: embeddingSpread(viewPair(rows.slice(0, 2))[0]) } };
      },
    };
  },
});
