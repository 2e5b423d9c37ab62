import * as tf from '@tensorflow/tfjs-core';
import { unitRows } from '../../unit-rows.ts';

/** Minus the mean cosine of each prediction [batch, width] with its target: -1 where they point the same way. */
export function negativeCosine(predictions: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return tf.neg(tf.mean(tf.sum(tf.mul(unitRows(predictions), unitRows(targets)), 1))) as tf.Scalar;
}
