import * as tf from '@tensorflow/tfjs-core';

/**
 * Mean over all entries of the binary cross-entropy of the sigmoids of logits [batch, class] against targets [batch, class] from 0 to 1:
 * log(1 + exp(x)) - x · t, which does not overflow. Gradient: (sigmoid - target) / entries.
 */
export function sigmoidCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return tf.mean(tf.sub(tf.softplus(logits), tf.mul(logits, targets))) as tf.Scalar;
}
