import * as tf from '@tensorflow/tfjs-core';
import { defineRegularizer } from './define-regularizer.ts';

export const l2 = defineRegularizer({
  id: 'l2',
  summary: 'Sum of squared weights',
  paper: 'Krogh & Hertz, A simple weight decay can improve generalization, NIPS 1991',
  penalty: (weight) => tf.sum(tf.square(weight)) as tf.Scalar,
});
