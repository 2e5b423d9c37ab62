import * as tf from '@tensorflow/tfjs-core';

/** A weight tensor [..., out] as the matrix [what feeds an output, out]. */
export function weightMatrix(weight: tf.Tensor): tf.Tensor2D {
  return tf.reshape(weight, [-1, weight.shape.at(-1) ?? 1]);
}
