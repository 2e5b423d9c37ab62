import { sigmoidCrossEntropy } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { mixedRows } from '../augment/label-mix.ts';
import { multiLabelEvaluator } from '../evaluate/multi-label.ts';
import { defineTask } from './define-task.ts';
import { targetsOf } from './targets-of.ts';

export const multiLabel = defineTask({
  id: 'multi-label',
  summary: 'Each example is of any number of classes: binary cross-entropy of a sigmoid for each class',
  config: z.strictObject({
    type: z.literal('multi-label'),
    threshold: z.number().gt(0).lt(1).default(0.5).describe('Probability from which on an example counts as of a class'),
  }),
  labelKind: 'classes',
  needs: 'a set of classes for each',
  leastClasses: 1,
  hasOneClassEach: false,
  readLabels: ({ labelSets }) => ({
    isLabelled: (index) => (labelSets?.(index).length ?? 0) > 0,
    readTarget(index, row) {
      for (const label of labelSets?.(index) ?? []) row[label] = 1;
    },
  }),
  create: ({ threshold }, { classNames }) => ({
    headWidth: classNames.length,
    targetWidth: classNames.length,
    score(logits, truth) {
      const targets = mixedRows(targetsOf(truth), truth.mixes);
      const decided = tf.greaterEqual(tf.sigmoid(logits), threshold);
      const isRight = tf.equal(decided, tf.greater(targets, 0.5));
      const accuracy = tf.mean(tf.cast(isRight, 'float32')) as tf.Scalar;
      return { loss: sigmoidCrossEntropy(logits, targets), metrics: { labelAccuracy: accuracy } };
    },
    evaluator: (head) => multiLabelEvaluator(head, { classNames, threshold }),
    predicted: (logits) => tf.sigmoid(logits),
    tell(probabilities) {
      const scores = Object.fromEntries(classNames.map((name, label) => [name, probabilities[label] ?? Number.NaN]));
      return { labels: classNames.filter((_, label) => (probabilities[label] ?? 0) >= threshold), scores };
    },
  }),
});
