import * as tf from '@tensorflow/tfjs-core';

/** The identity [size, size], computed: `tf.eye` fills it by hand, and a recorded step takes no large constant. */
export function identityMatrix(size: number): tf.Tensor2D {
  const places = tf.range(0, size);
  return tf.cast(tf.equal(tf.expandDims(places, 1), places), 'float32') as tf.Tensor2D;
}
