import * as tf from '@tensorflow/tfjs-core';

/**
 * √width times the mean, over the dimensions, of the standard deviation of rows of length 1: about 1 where they spread over all
 * directions, 0 where they are all alike (Chen & He, Exploring Simple Siamese Representation Learning, 2021, section 4.1).
 */
export function embeddingSpread(unit: tf.Tensor2D): tf.Scalar {
  const [, width] = unit.shape;
  const { variance } = tf.moments(unit, 0);
  return tf.mul(Math.sqrt(width), tf.mean(tf.sqrt(variance))) as tf.Scalar;
}

/** Embeddings that spread less than this are all alike, whatever the method. */
export const collapsedSpread = { metric: 'embeddingSpread', below: 0.05 } as const;
