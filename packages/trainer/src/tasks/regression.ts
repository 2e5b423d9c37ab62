import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { mixedRows } from '../augment/label-mix.ts';
import { regressionEvaluator } from '../evaluate/regression.ts';
import { defineTask } from './define-task.ts';
import { targetsOf } from './targets-of.ts';

export const regression = defineTask({
  id: 'regression',
  summary: 'Each example has a number: squared error, in standard deviations',
  config: z.strictObject({
    type: z.literal('regression'),
    mean: z.number().optional().describe('What an untrained head predicts. Left out: the mean of the split that is trained on'),
    deviation: z
      .number()
      .positive()
      .optional()
      .describe('The unit of the loss. Left out: the standard deviation of the split that is trained on'),
  }),
  labelKind: 'number',
  needs: 'a number for each',
  leastClasses: 0,
  hasOneClassEach: false,
  resolve: (config, { numbers }) => ({
    type: config.type,
    mean: config.mean ?? numbers?.mean ?? 0,
    deviation: config.deviation ?? (numbers && spreadOf(numbers)) ?? 1,
  }),
  readLabels: ({ targets }) => ({
    isLabelled: (index) => !Number.isNaN(targets?.[index] ?? Number.NaN),
    readTarget(index, row) {
      row[0] = targets?.[index] ?? Number.NaN;
    },
  }),
  create: ({ mean = 0, deviation = 1 }) => {
    const predicted = (outputs: tf.Tensor2D): tf.Tensor2D => tf.add(tf.mul(outputs, deviation), mean);
    return {
      headWidth: 1,
      targetWidth: 1,
      score(outputs, truth) {
        const wanted = tf.div(tf.sub(mixedRows(targetsOf(truth), truth.mixes), mean), deviation);
        const errors = tf.sub(outputs, wanted);
        const absolute = tf.mul(tf.mean(tf.abs(errors)), deviation) as tf.Scalar;
        return { loss: tf.mean(tf.square(errors)) as tf.Scalar, metrics: { mae: absolute } };
      },
      evaluator: (head) => regressionEvaluator((forward, images) => predicted(head(forward, images)), { deviation }),
      predicted,
      tell: ([value = Number.NaN]) => ({ value }),
    };
  },
});

/** Of data sets that were validated before the deviation was counted: that of numbers spread evenly. */
function spreadOf({ deviation, min, max }: { deviation?: number | undefined; min: number; max: number }): number | undefined {
  return deviation || (max - min) / Math.sqrt(12) || undefined;
}
