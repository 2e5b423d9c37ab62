import * as tf from '@tensorflow/tfjs-core';

/** √Σx² */
export function euclideanNorm(x: tf.Tensor): tf.Scalar {
  return tf.sqrt(tf.sum(tf.square(x)));
}

/**
 * `coefficient` · weightNorm / updateNorm: how large a step is for the layer that it changes. 1 where either norm is 0, so that a
 * layer which starts from zeros can leave them.
 */
export function trustRatio(norms: { weightNorm: tf.Scalar; updateNorm: tf.Scalar; coefficient?: number }): tf.Scalar {
  const { weightNorm, updateNorm, coefficient = 1 } = norms;
  const usable = tf.logicalAnd(tf.greater(weightNorm, 0), tf.greater(updateNorm, 0));
  const ratio = tf.div(tf.mul(weightNorm, coefficient), tf.where(usable, updateNorm, tf.scalar(1)));
  return tf.where(usable, ratio, tf.scalar(1)) as tf.Scalar;
}
