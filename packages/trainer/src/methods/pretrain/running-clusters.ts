import * as tf from '@tensorflow/tfjs-core';
import { unitRows } from '../../unit-rows.ts';

/**
 * One round of spherical k-means (Lloyd's) over unit rows [row, width], from the centroids [cluster, width] that the round before left:
 * each becomes the direction of the mean of the rows that are nearest to it. A cluster without rows begins anew at the row of `spare`
 * [cluster, width] (Caron et al., DeepCluster, 2018, section 3.3, where it takes the place of another cluster, slightly moved).
 */
export function nextCentroids(rows: tf.Tensor2D, centroids: tf.Tensor2D, spare: tf.Tensor2D): tf.Tensor2D {
  const [clusters] = centroids.shape;
  const members = tf.cast(tf.oneHot(nearestCentroid(rows, centroids), clusters), 'float32') as tf.Tensor2D;
  const means = unitRows(tf.matMul(members, rows, true));
  const isFilled = tf.cast(tf.greater(tf.reshape(tf.sum(members, 0), [clusters, 1]), 0), 'float32');
  return tf.add(tf.mul(means, isFilled), tf.mul(unitRows(spare), tf.sub(1, isFilled)));
}

/** int32 [row]: which centroid is nearest to each unit row. */
export function nearestCentroid(rows: tf.Tensor2D, centroids: tf.Tensor2D): tf.Tensor1D {
  return tf.argMax(tf.matMul(rows, centroids, false, true), 1);
}

/** Rows [count, width] of `rows` [row, width], each drawn by a number of `uniform` [count] in [0, 1). */
export function drawnRows(rows: tf.Tensor2D, uniform: tf.Tensor): tf.Tensor2D {
  const last = rows.shape[0] - 1;
  const index = tf.cast(tf.minimum(tf.floor(tf.mul(uniform, last + 1)), last), 'int32');
  return tf.gather(rows, index as tf.Tensor1D) as tf.Tensor2D;
}
