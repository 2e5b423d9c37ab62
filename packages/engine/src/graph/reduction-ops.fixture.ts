import * as tf from '@tensorflow/tfjs-core';
import { detached, indicesBelow, type Operand, type Operation, type Shape } from './random-graph.fixture.ts';

/** One axis of a shape, all of them, or the last two; none where there are none. */
function axesOf(rank: number, variant: number): number[] {
  const every = Array.from({ length: rank }, (_, axis) => axis);
  if (rank === 0) return [];
  return [[variant % rank], every, every.slice(-2)][variant % 3] ?? every;
}

const lastAxis = (x: tf.Tensor) => x.rank - 1;
const atLeast1d = (shape: Shape) => (shape.length === 0 ? [3] : shape);

type Reduce = (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor | readonly tf.Tensor[];

const reduction = (name: string, reduce: Reduce, operand: Omit<Operand, 'shape'> = {}): Operation => ({
  name,
  operands: (shape) => [{ shape, ...operand }],
  apply: ({ variant }, x: tf.Tensor) => reduce(x, axesOf(x.rank, variant), variant % 2 === 0),
});

/** A reduction that picks one of the elements. */
const selection = (name: string, reduce: Reduce): Operation => ({
  name,
  operands: (shape) => [{ shape }],
  apply: ({ variant, guard }, x: tf.Tensor) => reduce(guard.distinct(x), axesOf(x.rank, variant), variant % 2 === 0),
});

const alongLast = (name: string, apply: (x: tf.Tensor, variant: number) => tf.Tensor): Operation => ({
  name,
  operands: (shape) => [{ shape: atLeast1d(shape) }],
  apply: ({ variant }, x: tf.Tensor) => apply(x, variant),
});

export const reductionOps: readonly Operation[] = [
  reduction('sum', (x, axes, keepDims) => tf.sum(x, axes, keepDims)),
  reduction('mean', (x, axes, keepDims) => tf.mean(x, axes, keepDims)),
  reduction('prod', (x, axes, keepDims) => tf.prod(x, axes, keepDims), { domain: 'positive' }),
  reduction('logSumExp', (x, axes, keepDims) => tf.logSumExp(x, axes, keepDims)),
  reduction('norm', (x, axes, keepDims) => tf.norm(x, 'euclidean', axes.slice(0, 1), keepDims), { domain: 'positive' }),
  reduction('moments', (x, axes, keepDims) => {
    const { mean, variance } = tf.moments(x, axes, keepDims);
    return [mean, variance];
  }),
  reduction('all', (x, axes, keepDims) => tf.all(x, axes, keepDims), { dtype: 'bool' }),
  reduction('any', (x, axes, keepDims) => tf.any(x, axes, keepDims), { dtype: 'bool' }),
  reduction('sum of integers', (x, axes, keepDims) => tf.sum(x, axes, keepDims), { dtype: 'int32' }),
  selection('max', (x, axes, keepDims) => tf.max(x, axes, keepDims)),
  selection('min', (x, axes, keepDims) => tf.min(x, axes, keepDims)),
  {
    name: 'argMax',
    detached: true,
    operands: (shape) => [{ shape: atLeast1d(shape) }],
    apply: ({ variant, guard }, x: tf.Tensor) => tf.argMax(guard.distinct(x), variant % x.rank),
  },
  {
    name: 'argMin',
    detached: true,
    operands: (shape) => [{ shape: atLeast1d(shape) }],
    apply: ({ variant, guard }, x: tf.Tensor) => tf.argMin(guard.distinct(x), variant % x.rank),
  },
  {
    name: 'topk',
    detached: true,
    operands: (shape) => [{ shape: atLeast1d(shape) }],
    apply({ variant, guard }, x: tf.Tensor) {
      const { values, indices } = tf.topk(guard.distinct(x), Math.min(2, x.shape[lastAxis(x)] ?? 1));
      return variant % 2 ? values : indices;
    },
  },
  alongLast('softmax', (x) => tf.softmax(x)),
  alongLast('logSoftmax', (x) => tf.logSoftmax(x)),
  alongLast('cumsum', (x, variant) => tf.cumsum(x, lastAxis(x), variant % 2 === 0, variant % 3 === 0)),
  detached(alongLast('cumprod', (x, variant) => tf.cumprod(x, variant % x.rank, variant % 2 === 0, variant % 3 === 0))),
  {
    name: 'losses.softmaxCrossEntropy',
    operands: () => [{ shape: [4, 5], domain: 'positive' }, { shape: [4, 5] }],
    apply: (_, labels: tf.Tensor, logits: tf.Tensor) => tf.losses.softmaxCrossEntropy(tf.softmax(labels), logits),
  },
  {
    name: 'losses.sigmoidCrossEntropy',
    operands: (shape) => [{ shape }, { shape }],
    apply: ({ guard }, labels: tf.Tensor, logits: tf.Tensor) =>
      tf.losses.sigmoidCrossEntropy(tf.sigmoid(labels), guard.awayFrom(logits, [0])),
  },
  {
    name: 'losses.meanSquaredError',
    operands: (shape) => [{ shape }, { shape }],
    apply: (_, labels: tf.Tensor, predictions: tf.Tensor) => tf.losses.meanSquaredError(labels, predictions),
  },
  {
    name: 'bincount',
    detached: true,
    operands: () => [{ shape: [6], dtype: 'int32' }, { shape: [6] }],
    apply: (_, x: tf.Tensor, weights: tf.Tensor) => tf.bincount(indicesBelow(4, x) as tf.Tensor1D, weights as tf.Tensor1D, 4),
  },
  {
    name: 'unsortedSegmentSum',
    operands: () => [{ shape: [5, 3] }, { shape: [5], dtype: 'int32' }],
    apply: (_, x: tf.Tensor, segments: tf.Tensor) => tf.unsortedSegmentSum(x, indicesBelow(4, segments) as tf.Tensor1D, 4),
  },
];
