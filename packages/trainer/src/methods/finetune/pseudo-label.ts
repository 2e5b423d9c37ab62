import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineMethod } from '../define-method.ts';
import { taskTraining } from '../task-training.ts';
import { inParts, needsBothParts, rampUp, unlabelledRatio } from './partly-labelled.ts';
import { confidentLabels, withPseudoLabels } from './pseudo-labels.ts';

export const pseudoLabel = defineMethod({
  id: 'pseudo-label',
  summary: 'Learn from unlabelled images too, by the classes that the network gives them where it is sure',
  paper: 'Lee, Pseudo-label: the simple and efficient semi-supervised learning method for deep neural networks, 2013',
  config: z.strictObject({
    type: z.literal('pseudo-label'),
    unlabelledRatio: unlabelledRatio.default(1),
    threshold: z
      .number()
      .min(0)
      .max(1)
      .default(0.95)
      .describe('Probability from which on a class counts; 0.95 in USB, 0 in the paper'),
    weight: z.number().min(0).default(1).describe('Factor on the loss of unlabelled images, once it has risen; 1 in USB'),
    rampUp: z.number().min(0).max(1).default(0.4).describe('Share of the run over which that factor rises from 0; 0.4 in USB'),
  }),
  create({ threshold, weight, rampUp: share }, context) {
    const method = taskTraining(context, { freezeBackbone: false });
    return {
      ...method,
      needsWholeBatch: needsBothParts,
      step(forward, { images, labels, unlabelledCount, mixes, progress }) {
        const [labelledScores, scores] = inParts(method.head(forward, images), unlabelledCount);
        const [known, truth] = inParts(labels, unlabelledCount);
        const result = context.task.score(labelledScores, { labels: known, mixes });
        const pseudo = confidentLabels(scores, threshold);
        const factor = tf.mul<tf.Scalar>(weight, rampUp(progress, share));
        return withPseudoLabels(result, { scores, pseudo, truth, weight: factor, classNames: context.classNames });
      },
    };
  },
});
