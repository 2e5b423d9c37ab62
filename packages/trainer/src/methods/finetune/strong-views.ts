import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { augmentations } from '../../augment/index.ts';
import type { AugmentationConfig } from '../../augment/pipeline.ts';
import type { Forward } from '../../parameters.ts';
import { unionOf } from '../../registry.ts';
import type { Method, MethodContext } from '../define-method.ts';
import { viewPair } from '../pretrain/view-pair.ts';
import { taskTraining } from '../task-training.ts';
import { inParts, needsBothParts, strengthened } from './partly-labelled.ts';
import { type PseudoLabels, withPseudoLabels } from './pseudo-labels.ts';

export const strongSetting = z
  .array(unionOf(augmentations))
  .max(20)
  .prefault([{ type: 'rand-augment', operations: 2, magnitude: 10 }, { type: 'cutout' }])
  .describe('What the strong view of an image goes through beside `augment`: RandAugment, then Cutout, as in the paper');

type StrongViews = {
  weight: number;
  strong: readonly AugmentationConfig[];
  /** What the unlabelled examples are learnt as, by the scores [row, class] of their weak views. */
  label(forward: Forward, scores: tf.Tensor2D): PseudoLabels;
};

/** Learns the labels and, of unlabelled examples, to see in a strong view what the network makes of a weak one. */
export function learnStrongViews(context: MethodContext, { weight, strong, label }: StrongViews): Method {
  const method = taskTraining(context, { freezeBackbone: false });
  const { task, classNames } = context;
  return {
    ...method,
    needsWholeBatch: needsBothParts,
    views: [context.augment, strengthened(context.augment, strong)],
    step(forward, { views, labels, unlabelledCount, mixes }) {
      const [weak, strongView] = viewPair(views);
      const [, strongImages] = inParts(strongView, unlabelledCount);
      const all = method.head(forward, tf.concat([weak, strongImages], 0));
      const [weakScores, scores] = inParts(all, unlabelledCount);
      const [labelledScores, guesses] = inParts(weakScores, unlabelledCount);
      const [known, truth] = inParts(labels, unlabelledCount);
      const result = task.score(labelledScores, { labels: known, mixes });
      return withPseudoLabels(result, { scores, pseudo: label(forward, guesses), truth, weight, classNames });
    },
  };
}
