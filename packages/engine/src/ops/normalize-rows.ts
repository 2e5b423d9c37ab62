import * as tf from '@tensorflow/tfjs-core';

/**
 * Each row of x [row, feature] at mean 0 and variance 1: layer normalisation (Ba et al., 2016) before its scale and offset, which a
 * linear layer after it can take into its own weights. The gradient is written out: what tfjs would compose of the gradients of each
 * op takes three times as many passes over x.
 */
export function normalizeRows(x: tf.Tensor2D, epsilon: number): tf.Tensor2D {
  const forward = tf.customGrad((input, save) => {
    const rows = input as tf.Tensor;
    const centred = tf.sub(rows, tf.mean(rows, 1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon));
    const value = tf.mul(centred, inverse);
    (save as tf.GradSaveFunc)([value, inverse]);
    return { value, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => gradient(dy, saved) };
  });
  return forward(x) as tf.Tensor2D;
}

function gradient(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor {
  const [normalized, inverse] = saved as [tf.Tensor, tf.Tensor];
  const along = tf.mean(tf.mul(dy, normalized), 1, true);
  return tf.mul(tf.sub(tf.sub(dy, tf.mean(dy, 1, true)), tf.mul(normalized, along)), inverse);
}
