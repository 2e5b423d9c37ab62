import { accuracy, crossEntropy, softCrossEntropy } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { mixedTargets } from '../augment/label-mix.ts';
import { singleLabelEvaluator } from '../evaluate/single-label.ts';
import type { StepResult } from '../methods/define-method.ts';
import { defineTask, type Truth } from './define-task.ts';

export const singleLabel = defineTask({
  id: 'single-label',
  summary: 'Each example is of one class: cross-entropy of the softmax',
  config: z.strictObject({ type: z.literal('single-label') }),
  labelKind: 'class',
  needs: 'one class for each',
  leastClasses: 2,
  hasOneClassEach: true,
  readLabels: ({ labels }) => ({ isLabelled: (index) => (labels[index] ?? -1) >= 0, readTarget: () => undefined }),
  create: (_config, { classNames }) => ({
    headWidth: classNames.length,
    targetWidth: 0,
    score: classify,
    evaluator: (head) => singleLabelEvaluator(head, classNames),
    predicted: (logits) => tf.softmax(logits),
    tell(probabilities, topK) {
      const ranked = [...probabilities]
        .map((score, label) => ({ label: classNames[label] ?? String(label), score }))
        .sort((a, b) => b.score - a.score);
      const [best = { label: '', score: Number.NaN }] = ranked;
      return { ...best, top: ranked.slice(0, topK) };
    },
  }),
});

/** Loss and accuracy of scores [batch, class]; where labels are mixed, against all of them, and against the heavier. */
function classify(scores: tf.Tensor2D, { labels, mixes }: Truth): StepResult {
  if (mixes.length === 0) return { loss: crossEntropy(scores, labels), metrics: { accuracy: accuracy(scores, labels) } };
  const targets = mixedTargets(labels, scores.shape[1], mixes);
  const heavier = tf.argMax(targets, 1) as tf.Tensor1D;
  return { loss: softCrossEntropy(scores, targets), metrics: { accuracy: accuracy(scores, heavier) } };
}
