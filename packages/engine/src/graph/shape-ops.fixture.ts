import * as tf from '@tensorflow/tfjs-core';
import { detached, indicesBelow, type Operand, type Operation, type Shape } from './random-graph.fixture.ts';

const atLeast1d = (shape: Shape) => (shape.length === 0 ? [3] : shape);
const axis = (x: tf.Tensor, variant: number) => variant % x.rank;

/** One operand of any shape but a scalar's. */
const unary = (
  name: string,
  apply: (x: tf.Tensor, variant: number) => tf.Tensor | readonly tf.Tensor[],
  operand: Omit<Operand, 'shape'> = {},
): Operation => ({
  name,
  operands: (shape) => [{ shape: atLeast1d(shape), ...operand }],
  apply: ({ variant }, x: tf.Tensor) => apply(x, variant),
});

/** One operand of a given shape. */
const shaped = (
  name: string,
  shape: Shape,
  apply: (x: tf.Tensor, variant: number) => tf.Tensor | readonly tf.Tensor[],
  operand: Omit<Operand, 'shape'> = {},
): Operation => ({
  name,
  operands: () => [{ shape, ...operand }],
  apply: ({ variant }, x: tf.Tensor) => apply(x, variant),
});

const rearranging: Operation[] = [
  unary('reshape', (x, variant) => tf.reshape(x, [[-1], [1, x.size], [x.size, 1]][variant % 3] ?? [-1])),
  unary('clone', (x) => [tf.clone(x), tf.reshape(tf.clone(x), [-1])]),
  unary('a chain of aliases', (x) => tf.squeeze(tf.cast(tf.clone(tf.expandDims(tf.reshape(x, x.shape), 0)), x.dtype), [0])),
  unary('a reshaped bool', (x) => tf.logicalNot(tf.reshape(x, [-1, 1])), { dtype: 'bool' }),
  unary('a reshaped integer', (x) => tf.add(tf.reshape(x, [1, -1]), 1), { dtype: 'int32' }),
  unary('expandDims', (x, variant) => tf.expandDims(x, axis(x, variant))),
  shaped('squeeze', [1, 3, 1, 2], (x, variant) => tf.squeeze(x, variant % 2 ? [0] : undefined)),
  unary('transpose', (x, variant) => {
    const axes = Array.from({ length: x.rank }, (_, at) => at);
    return tf.transpose(x, variant % 2 ? axes.reverse() : [...axes.slice(1), 0]);
  }),
  unary('reverse', (x, variant) => tf.reverse(x, axis(x, variant))),
  unary('broadcastTo', (x) => tf.broadcastTo(tf.reshape(x, [1, x.size]), [3, x.size])),
  unary('tile', (x, variant) =>
    tf.tile(
      x,
      x.shape.map((_, at) => (at === axis(x, variant) ? 2 : 1)),
    ),
  ),
  detached(shaped('diag', [4], (x) => tf.diag(x))),
  detached(shaped('linalg.bandPart', [4, 4], (x, variant) => tf.linalg.bandPart(x, 1, variant % 3))),
  shaped('spaceToBatchND', [1, 4, 4, 2], (x) =>
    tf.spaceToBatchND(
      x,
      [2, 2],
      [
        [0, 0],
        [2, 0],
      ],
    ),
  ),
  shaped('batchToSpaceND', [4, 2, 3, 2], (x) =>
    tf.batchToSpaceND(
      x,
      [2, 2],
      [
        [0, 0],
        [1, 0],
      ],
    ),
  ),
  detached(shaped('depthToSpace', [1, 2, 3, 8], (x) => tf.depthToSpace(x as tf.Tensor4D, 2))),
];

const cutting: Operation[] = [
  unary('slice', (x) =>
    tf.slice(
      x,
      x.shape.map((side) => (side > 2 ? 1 : 0)),
      x.shape.map((side) => (side > 2 ? side - 2 : side)),
    ),
  ),
  detached(shaped('stridedSlice', [5, 6], (x, variant) => tf.stridedSlice(x, [variant % 2, 1], [5, 6], [2, 3]))),
  shaped('split', [4, 6], (x, variant) => tf.split(x, variant % 2 ? [1, 3, 2] : 3, 1)),
  shaped('unstack', [3, 2], (x, variant) => tf.unstack(x, axis(x, variant))), // its gradient fails in tfjs for an axis of one
  unary('gather by constants', (x, variant) => tf.gather(x, tf.tensor1d([0, 0], 'int32'), axis(x, variant))),
  detached(shaped('gatherND', [3, 4], (x) => tf.gatherND(x, tf.tensor2d([0, 1, 2, 3, 1, 1], [3, 2], 'int32')))),
  {
    name: 'gather',
    operands: () => [{ shape: [4, 3] }, { shape: [2, 2], dtype: 'int32' }],
    apply: (_, x: tf.Tensor, indices: tf.Tensor) => tf.gather(x, indicesBelow(4, indices)),
  },
  {
    name: 'gather of a batch',
    detached: true,
    operands: () => [{ shape: [2, 4] }, { shape: [2, 3], dtype: 'int32' }],
    apply: (_, x: tf.Tensor, indices: tf.Tensor) => tf.gather(x, indicesBelow(4, indices), 1, 1),
  },
];

const joining: Operation[] = [
  unary('pad', (x, variant) =>
    tf.pad(
      x,
      x.shape.map((_, at) => (at === axis(x, variant) ? [1, 2] : [0, 1])),
      0.3,
    ),
  ),
  shaped('mirrorPad', [3, 4], (x, variant) =>
    tf.mirrorPad(
      x,
      [
        [1, 1],
        [0, 2],
      ],
      variant % 2 ? 'reflect' : 'symmetric',
    ),
  ),
  {
    name: 'concat',
    operands: (shape) => [{ shape: atLeast1d(shape) }, { shape: atLeast1d(shape) }, { shape: atLeast1d(shape) }],
    apply: ({ variant }, x: tf.Tensor, ...others: tf.Tensor[]) => tf.concat([x, ...others], axis(x, variant)),
  },
  {
    name: 'stack',
    operands: (shape) => [{ shape }, { shape }],
    apply: ({ variant }, x: tf.Tensor, y: tf.Tensor) => tf.stack([x, y], variant % (x.rank + 1)),
  },
  {
    name: 'concat of bools',
    operands: () => [
      { shape: [2, 3], dtype: 'bool' },
      { shape: [2, 3], dtype: 'bool' },
    ],
    apply: (_, x: tf.Tensor, y: tf.Tensor) => tf.concat([x, y], 1),
  },
  {
    name: 'scatterND',
    detached: true,
    operands: () => [{ shape: [3, 2] }],
    apply: (_, updates: tf.Tensor) => tf.scatterND(tf.tensor2d([[4], [0], [2]], [3, 1], 'int32'), updates, [5, 2]),
  },
  {
    name: 'tensorScatterUpdate',
    detached: true,
    operands: () => [{ shape: [4, 2] }, { shape: [2, 2] }],
    apply: (_, x: tf.Tensor, updates: tf.Tensor) => tf.tensorScatterUpdate(x, tf.tensor2d([[3], [1]], [2, 1], 'int32'), updates),
  },
];

const making: Operation[] = [
  shaped('oneHot', [4], (x) => tf.oneHot(indicesBelow(4, x), 4, 0.9, -0.1, 'float32'), { dtype: 'int32' }),
  unary('a constant', (x) =>
    tf.add(
      x,
      tf.tensor(
        Array.from({ length: x.size }, (_, i) => i / x.size),
        x.shape,
      ),
    ),
  ),
  unary('fill', (x) => tf.mul(x, tf.fill(x.shape, 0.7))),
  shaped('eye', [3, 3], (x) => tf.sub(x, tf.eye(3))),
  shaped('range', [5], (x) => tf.add(x, tf.range(-2, 3))),
  shaped('linspace', [5], (x) => tf.mul(x, tf.linspace(0.5, 1.5, 5))),
];

export const shapeOps: readonly Operation[] = [...rearranging, ...cutting, ...joining, ...making];
