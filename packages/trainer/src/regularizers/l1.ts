import * as tf from '@tensorflow/tfjs-core';
import { defineRegularizer } from './define-regularizer.ts';

export const l1 = defineRegularizer({
  id: 'l1',
  summary: 'Sum of absolute weights',
  paper: 'Tibshirani, Regression shrinkage and selection via the lasso, 1996',
  penalty: (weight) => tf.sum(tf.abs(weight)) as tf.Scalar,
});
