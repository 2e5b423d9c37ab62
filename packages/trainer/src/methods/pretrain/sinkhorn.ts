import * as tf from '@tensorflow/tfjs-core';

/**
 * Shares of each row's example among the prototypes [row, prototype], such that each row sums to 1 and, nearly, each prototype gets as
 * much as any other: Sinkhorn-Knopp on exp(scores / epsilon) (Cuturi, 2013; Caron et al., SwAV, 2020, section 3.1 and appendix A.1).
 */
export function balancedShares(
  scores: tf.Tensor2D,
  { epsilon, iterations }: { epsilon: number; iterations: number },
): tf.Tensor2D {
  const [rows, prototypes] = scores.shape;
  let shares = tf.exp(tf.div(tf.sub(scores, tf.max(scores)), epsilon));
  for (let iteration = 0; iteration < iterations; iteration++) {
    shares = tf.div(shares, tf.mul(tf.sum(shares, 0, true), prototypes / rows));
    shares = tf.div(shares, tf.sum(shares, 1, true));
  }
  return shares as tf.Tensor2D;
}
