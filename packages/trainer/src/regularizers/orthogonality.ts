import * as tf from '@tensorflow/tfjs-core';
import { identityMatrix } from '../identity-matrix.ts';
import { defineRegularizer } from './define-regularizer.ts';
import { weightMatrix } from './weight-matrix.ts';

export const orthogonality = defineRegularizer({
  id: 'orthogonality',
  summary: 'Squared distance of WᵀW from the identity (of WWᵀ where W is wide), W being the weights of each output in a column',
  paper: 'Bansal et al., Can we gain more from orthogonality regularizations in training deep CNNs, NeurIPS 2018',
  penalty(weight) {
    const matrix = weightMatrix(weight);
    const [inputs, outputs] = matrix.shape;
    const isWide = inputs < outputs;
    const product = isWide ? tf.matMul(matrix, matrix, false, true) : tf.matMul(matrix, matrix, true);
    return tf.sum(tf.squaredDifference(product, identityMatrix(Math.min(inputs, outputs)))) as tf.Scalar;
  },
});
