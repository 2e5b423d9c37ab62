import { hashName, philoxUniform } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { defineRegularizer } from './define-regularizer.ts';
import { weightMatrix } from './weight-matrix.ts';

/** Each step starts anew, so that a step stays a function of its parameters; the paper goes on from the step before, by one a step. */
const iterations = 10;

export const spectral = defineRegularizer({
  id: 'spectral',
  summary: 'Half the square of the largest singular value, by power iteration, W being the weights of each output in a column',
  paper: 'Yoshida & Miyato, Spectral norm regularization for improving the generalizability of deep learning, 2017',
  penalty(weight) {
    const matrix = weightMatrix(weight);
    const outputs = matrix.shape[1];
    let direction = unit(tf.tensor2d(philoxUniform(outputs, 0, hashName('spectral')), [outputs, 1]));
    for (let iteration = 1; iteration < iterations; iteration++) {
      direction = unit(tf.matMul(matrix, tf.matMul(matrix, direction), true));
    }
    return tf.mul(tf.sum(tf.square(tf.matMul(matrix, direction))), 0.5) as tf.Scalar;
  },
});

function unit(vector: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(vector, tf.rsqrt(tf.add(tf.sum(tf.square(vector)), 1e-24)));
}
