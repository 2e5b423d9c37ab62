import * as tf from '@tensorflow/tfjs-core';

/**
 * The place of each row's number among those of its column: draws [row, column] → for each row, how many of the column's other draws
 * are smaller, [column]. Of equal draws the earlier counts as the smaller, so that each column is a permutation.
 */
export function rankOf(draws: tf.Tensor2D): tf.Tensor1D[] {
  if (draws.shape[0] === 0) return [];
  const rows = tf.unstack(draws) as tf.Tensor1D[];
  return rows.map((own, at) => {
    const isSmaller = rows.map((other, index) => {
      if (index === at) return tf.zerosLike(own);
      return tf.cast(index < at ? tf.lessEqual(other, own) : tf.less(other, own), 'float32');
    });
    return tf.addN(isSmaller) as tf.Tensor1D;
  });
}
