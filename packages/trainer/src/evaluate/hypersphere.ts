import { computeValues } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { unitRows } from '../unit-rows.ts';
import { type LabelledFeatures, rowTensor } from './labelled-features.ts';

type Rows = Pick<LabelledFeatures, 'features' | 'width'>;

/** Pairs grow with the square of the examples: so many, the first, are looked at. */
const spreadExamples = 1000;

/**
 * Mean squared distance between the features of two views of an image, each scaled to length 1: 0 where augmentation does not move them
 * (Wang & Isola, Understanding contrastive representation learning through alignment and uniformity on the hypersphere, 2020, α = 2).
 * Row i of both is of the same image.
 */
export function alignment(first: Rows, second: Rows): number {
  const [value = Number.NaN] = computeValues(() =>
    tf.mean(tf.sum(tf.squaredDifference(unitRows(rowTensor(first)), unitRows(rowTensor(second))), 1)),
  );
  return value;
}

/**
 * Logarithm of the mean of exp(-2 · squared distance) over all pairs of features, each scaled to length 1: 0 where all are alike, the lower
 * the more evenly they cover the sphere (Wang & Isola, 2020, t = 2).
 */
export function uniformity({ features, width }: Rows): number {
  const [value = Number.NaN] = computeValues(() => {
    const rows = unitRows(rowTensor({ features: features.subarray(0, spreadExamples * width), width }));
    const [count] = rows.shape;
    const squaredDistances = tf.mul(tf.sub(1, tf.matMul(rows, rows, false, true)), 2);
    const sum = tf.sum(tf.exp(tf.mul(squaredDistances, -2)));
    return tf.log(tf.div(tf.sub(sum, count), count * (count - 1))); // without each with itself
  });
  return value;
}
