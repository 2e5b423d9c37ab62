import type * as tf from '@tensorflow/tfjs-core';

/** A value lies so close to where a function jumps that two right computations of it may differ. */
export class TooClose extends Error {}

/** Asked before a function that jumps, or whose gradient does. */
export type Guard = {
  /** Gives x back, none of whose elements may be close to one of the points. */
  awayFrom(x: tf.Tensor, points: readonly number[]): tf.Tensor;
  /** No two elements of x may be close. */
  distinct(x: tf.Tensor): tf.Tensor;
};

const margin = 5e-3;
const distinctMargin = 5e-5;

/** Looks at the values, which only works where steps run one by one. */
export const valueGuard: Guard = {
  awayFrom(x, points) {
    const isClose = [...x.dataSync()].some((value) => points.some((point) => Math.abs(value - point) < margin));
    if (isClose) throw new TooClose();
    return x;
  },
  distinct(x) {
    const sorted = [...x.dataSync()].sort((a, b) => a - b);
    if (sorted.some((value, at) => at > 0 && value - (sorted[at - 1] ?? 0) < distinctMargin)) throw new TooClose();
    return x;
  },
};

/** For a graph that `valueGuard` has let pass. */
export const noGuard: Guard = { awayFrom: (x) => x, distinct: (x) => x };
