import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineMethod } from '../define-method.ts';
import { viewPair } from '../pretrain/view-pair.ts';
import { taskTraining } from '../task-training.ts';
import { inParts, needsBothParts, strengthened, strongSetting, unlabelledRatio } from './partly-labelled.ts';
import { confidentLabels, pseudoLabelLoss, pseudoLabelMetrics } from './pseudo-labels.ts';

export const fixmatch = defineMethod({
  id: 'fixmatch',
  summary:
    'Learn from unlabelled images too: a strong view of each is to be of the class that the network is sure of from a weak one',
  paper: 'Sohn et al., FixMatch: simplifying semi-supervised learning with consistency and confidence, NeurIPS 2020',
  config: z.strictObject({
    type: z.literal('fixmatch'),
    unlabelledRatio: unlabelledRatio.default(7),
    threshold: z.number().min(0).max(1).default(0.95).describe('Probability from which on a class counts; the paper’s τ'),
    weight: z.number().min(0).default(1).describe('Factor on the loss of unlabelled images; the paper’s λ'),
    strong: strongSetting,
  }),
  tiny: { unlabelledRatio: 1, threshold: 0.4, strong: [{ type: 'cutout' }] }, // RandAugment's levels are other ones by a rounding
  create({ threshold, weight, strong }, context) {
    const method = taskTraining(context, { freezeBackbone: false });
    return {
      ...method,
      needsWholeBatch: needsBothParts,
      views: [context.augment, strengthened(context.augment, strong)],
      step(forward, { views, labels, unlabelledCount, mixes }) {
        const [weak, strongView] = viewPair(views);
        const [, strongImages] = inParts(strongView, unlabelledCount);
        const scores = method.head(forward, tf.concat([weak, strongImages], 0));
        const [weakScores, strongScores] = inParts(scores, unlabelledCount);
        const [labelledScores, sureScores] = inParts(weakScores, unlabelledCount);
        const [known, truth] = inParts(labels, unlabelledCount);
        const { loss, metrics } = context.task.score(labelledScores, { labels: known, mixes });
        const pseudo = confidentLabels(sureScores, threshold);
        const unlabelledLoss = pseudoLabelLoss(strongScores, pseudo);
        return {
          loss: tf.add(loss, tf.mul(weight, unlabelledLoss)),
          metrics: { ...metrics, unlabelledLoss, ...pseudoLabelMetrics(pseudo, truth, context.classNames) },
        };
      },
    };
  },
});
