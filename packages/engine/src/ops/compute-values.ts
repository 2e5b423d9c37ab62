import * as tf from '@tensorflow/tfjs-core';

/**
 * The values of a new float32 tensor that `compute` makes, every tensor made on the way disposed of. A `tf.tidy` must not give the
 * values themselves: tfjs looks for tensors in what it gives, element by element, and fails past 16 million of them.
 */
export function computeValues(compute: () => tf.Tensor): Float32Array {
  const result = tf.tidy(compute);
  const values = result.dataSync<'float32'>();
  result.dispose();
  return values;
}
