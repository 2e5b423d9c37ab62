import * as tf from '@tensorflow/tfjs-core';

/**
 * Scales all gradients by one factor, so that the norm of them all together is `maxNorm` at most (Pascanu, Mikolov & Bengio, 2013).
 * Gives the norm that they had.
 */
export function clipByGlobalNorm(
  gradients: ReadonlyMap<string, tf.Tensor>,
  maxNorm: number,
): { gradients: ReadonlyMap<string, tf.Tensor>; norm: tf.Scalar } {
  const norm: tf.Scalar = tf.sqrt(tf.addN([...gradients.values()].map((gradient) => tf.sum(tf.square(gradient)))));
  const factor = tf.div(maxNorm, tf.maximum(norm, maxNorm));
  return { gradients: new Map([...gradients].map(([name, gradient]) => [name, tf.mul(gradient, factor)])), norm };
}
