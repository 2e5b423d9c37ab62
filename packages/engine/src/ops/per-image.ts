import * as tf from '@tensorflow/tfjs-core';

/** One value an image [batch], shaped to be broadcast over its pixels [batch, 1, 1, 1]. */
export function perImage<T extends tf.Tensor>(values: T): tf.Tensor4D {
  return tf.reshape(values, [values.size, 1, 1, 1]);
}

/**
 * Images of `chosen` where `isChosen` [batch] is true or 1, those of `others` where not; both [batch, height, width, channel], or
 * broadcast to it. Values must be finite. A weighted sum: `tf.where` would spread the choice over all pixels first, which takes longer.
 */
export function choosePerImage(isChosen: tf.Tensor, chosen: tf.Tensor4D, others: tf.Tensor4D): tf.Tensor4D {
  const weight = perImage(tf.cast(isChosen, 'float32'));
  return tf.add(tf.mul(chosen, weight), tf.mul(others, tf.sub(1, weight)));
}
