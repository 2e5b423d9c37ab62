import * as tf from '@tensorflow/tfjs-core';

/** Rows [row, width] scaled to length 1. */
export function unitRows(rows: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(rows, tf.rsqrt(tf.add(tf.sum(tf.square(rows), 1, true), 1e-12)));
}
