import * as tf from '@tensorflow/tfjs-core';

/** Mean cross-entropy of logits [batch, class] against shares of the classes [batch, class]. */
export function softCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return tf.neg(tf.div(tf.sum(tf.mul(targets, tf.logSoftmax(logits))), logits.shape[0])) as tf.Scalar;
}
