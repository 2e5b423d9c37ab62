import * as tf from '@tensorflow/tfjs-core';
import { defineRegularizer } from './define-regularizer.ts';
import { weightMatrix } from './weight-matrix.ts';

/** Keeps the gradient finite at a group of zeros. */
const epsilon = 1e-12;

export const groupLasso = defineRegularizer({
  id: 'group-lasso',
  summary: 'Length of the weights of each output channel, times the root of their number: whole channels go to zero',
  paper:
    'Yuan & Lin, Model selection and estimation in regression with grouped variables, Journal of the Royal Statistical Society, 2006',
  penalty(weight) {
    const groups = weightMatrix(weight);
    const lengths = tf.sqrt(tf.add(tf.sum(tf.square(groups), 0), epsilon));
    return tf.mul(tf.sum(lengths), Math.sqrt(groups.shape[0])) as tf.Scalar;
  },
});
