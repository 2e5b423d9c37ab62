import * as tf from '@tensorflow/tfjs-core';

/** How the labels of a batch were mixed: that of each example counts by its weight [batch], that of its partner by the rest of 1. */
export type LabelMix = { weight: tf.Tensor1D };

/**
 * The partner of each example of a batch [batch, …]: the next one, and the first for the last. Batches are shuffled, so that it is as
 * random as any other; and no example is its own partner, unless it is alone.
 */
export function partnersOf<T extends tf.Tensor>(batch: T): T {
  const [count = 1] = batch.shape;
  if (count === 1) return batch;
  const [first, others] = tf.split(batch, [1, count - 1]) as [T, T];
  return tf.concat([others, first]);
}

/** Shares of the classes [batch, class] of labels int32 [batch], once they are mixed, one mix after the other. */
export function mixedTargets(labels: tf.Tensor1D, classes: number, mixes: readonly LabelMix[]): tf.Tensor2D {
  return mixedRows(tf.cast(tf.oneHot(labels, classes), 'float32') as tf.Tensor2D, mixes);
}

/** Rows [batch, width] of what examples are labelled with, once they are mixed, one mix after the other. */
export function mixedRows(rows: tf.Tensor2D, mixes: readonly LabelMix[]): tf.Tensor2D {
  return mixes.reduce((mixed, { weight }) => {
    const own = tf.reshape(weight, [weight.size, 1]);
    return tf.add(tf.mul(mixed, own), tf.mul(partnersOf(mixed), tf.sub(1, own)));
  }, rows);
}
