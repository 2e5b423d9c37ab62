import * as tf from '@tensorflow/tfjs-core';
import { detached, type Operand, type Operation, type Shape } from './random-graph.fixture.ts';

type Domain = NonNullable<Operand['domain']>;

const smooth = (name: string, apply: (x: tf.Tensor) => tf.Tensor, domain?: Domain): Operation => ({
  name,
  operands: (shape) => [{ shape, ...(domain && { domain }) }],
  apply: (_, x: tf.Tensor) => apply(x),
});

/** A function that jumps, or whose slope does, at some points. */
const kinked = (name: string, apply: (x: tf.Tensor) => tf.Tensor, points: readonly number[]): Operation => ({
  name,
  operands: (shape) => [{ shape }],
  apply: ({ guard }, x: tf.Tensor) => apply(guard.awayFrom(x, points)),
});

/** Shapes that broadcast against `shape`: itself, a scalar, its last axis, and itself with an axis of one. */
function broadcastable(shape: Shape, variant: number): Shape {
  const axis = variant % Math.max(shape.length, 1);
  const choices = [shape, [], shape.slice(-1), shape.map((side, at) => (at === axis ? 1 : side))];
  return choices[variant % choices.length] ?? shape;
}

function pairOf(shape: Shape, variant: number): [Shape, Shape] {
  const other = broadcastable(shape, variant);
  return variant % 2 === 0 ? [shape, other] : [other, shape];
}

type BinaryOptions = { domains?: readonly (Domain | undefined)[]; dtype?: Operand['dtype'] };

const binary = (
  name: string,
  apply: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  { domains = [], dtype = 'float32' }: BinaryOptions = {},
): Operation => ({
  name,
  operands: (shape, variant) =>
    pairOf(shape, variant).map((side, at) => {
      const domain = domains[at];
      return { shape: side, dtype, ...(domain && { domain }) };
    }),
  apply: (_, a: tf.Tensor, b: tf.Tensor) => apply(a, b),
});

/** A function of two values that jumps where they are equal, and has no gradient. */
const comparison = (name: string, apply: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Operation => ({
  ...choosing(name, apply),
  detached: true,
  operands: (shape, variant) => pairOf(shape, variant).map((side) => ({ shape: side })),
});

/** The same with a gradient, which in tfjs is right for equal shapes only. */
const choosing = (name: string, apply: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Operation => ({
  name,
  operands: (shape) => [{ shape }, { shape }],
  apply({ guard }, a: tf.Tensor, b: tf.Tensor) {
    guard.awayFrom(tf.sub(a, b), [0]);
    return apply(a, b);
  },
});

const halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5];
const wholes = [-2, -1, 0, 1, 2];

const unaryOps: Operation[] = [
  smooth('exp', tf.exp),
  smooth('expm1', tf.expm1),
  smooth('sin', tf.sin),
  smooth('cos', tf.cos),
  smooth('tan', tf.tan, 'unit'),
  smooth('asin', tf.asin, 'unit'),
  smooth('acos', tf.acos, 'unit'),
  smooth('atan', tf.atan),
  smooth('sinh', tf.sinh),
  smooth('cosh', tf.cosh),
  smooth('tanh', tf.tanh),
  smooth('asinh', tf.asinh),
  smooth('acosh', (x) => tf.acosh(tf.add(x, 1)), 'positive'),
  smooth('atanh', tf.atanh, 'unit'),
  smooth('sigmoid', tf.sigmoid),
  detached(smooth('logSigmoid', tf.logSigmoid)), // its gradient in tfjs reads a tensor that may be disposed of by then
  smooth('softplus', tf.softplus),
  smooth('erf', tf.erf),
  smooth('square', tf.square),
  smooth('neg', tf.neg),
  smooth('log', tf.log, 'positive'),
  smooth('log1p', tf.log1p, 'positive'),
  smooth('sqrt', tf.sqrt, 'positive'),
  smooth('rsqrt', tf.rsqrt, 'positive'),
  smooth('reciprocal', tf.reciprocal, 'positive'),
  kinked('abs', tf.abs, [0]),
  kinked('relu', tf.relu, [0]),
  kinked('relu6', (x) => tf.relu6(tf.mul(x, 4)), [0, 1.5]),
  kinked('leakyRelu', (x) => tf.leakyRelu(x, 0.3), [0]),
  kinked('elu', tf.elu, [0]),
  kinked('selu', tf.selu, [0]),
  kinked('sign', tf.sign, [0]),
  kinked('step', (x) => tf.step(x, 0.2), [0]),
  kinked('floor', tf.floor, wholes),
  kinked('ceil', tf.ceil, wholes),
  kinked('round', tf.round, halves),
  kinked('clipByValue', (x) => tf.clipByValue(x, -0.6, 0.9), [-0.6, 0.9]),
  detached(smooth('isFinite', tf.isFinite)),
  detached(smooth('isNaN', tf.isNaN)),
  smooth('zerosLike', tf.zerosLike),
  smooth('onesLike', tf.onesLike),
];

const binaryOps: Operation[] = [
  binary('add', tf.add),
  binary('sub', tf.sub),
  binary('mul', tf.mul),
  binary('div', tf.div, { domains: [undefined, 'positive'] }),
  detached(binary('divNoNan', tf.divNoNan, { domains: [undefined, 'positive'] })),
  binary('pow', tf.pow, { domains: ['positive'] }),
  binary('atan2', tf.atan2, { domains: ['positive', 'positive'] }),
  choosing('maximum', tf.maximum),
  choosing('minimum', tf.minimum),
  comparison('greater', tf.greater),
  comparison('greaterEqual', tf.greaterEqual),
  comparison('less', tf.less),
  comparison('lessEqual', tf.lessEqual),
  comparison('notEqual', tf.notEqual),
  binary('equal', tf.equal, { dtype: 'int32' }),
  binary('logicalAnd', tf.logicalAnd, { dtype: 'bool' }),
  binary('logicalOr', tf.logicalOr, { dtype: 'bool' }),
  binary('logicalXor', tf.logicalXor, { dtype: 'bool' }),
  {
    name: 'squaredDifference', // its gradient in tfjs is right for equal shapes only
    operands: (shape) => [{ shape }, { shape }],
    apply: (_, a: tf.Tensor, b: tf.Tensor) => tf.squaredDifference(a, b),
  },
  {
    name: 'floorDiv',
    detached: true,
    operands: (shape) => [{ shape }, { shape, domain: 'positive' }],
    apply({ guard }, a: tf.Tensor, b: tf.Tensor) {
      guard.awayFrom(tf.div(a, b), [-5, -4, -3, ...wholes, 3, 4, 5]);
      return tf.cast(tf.floorDiv(a, b), 'int32'); // integers in plain JavaScript, not on TensorFlow
    },
  },
  {
    name: 'mod',
    operands: (shape) => [{ shape }, { shape, domain: 'positive' }],
    apply({ guard }, a: tf.Tensor, b: tf.Tensor) {
      guard.awayFrom(tf.div(a, b), [-5, -4, -3, ...wholes, 3, 4, 5]);
      return tf.mod(a, b);
    },
  },
  {
    name: 'prelu',
    operands: (shape) => [{ shape }, { shape: shape.slice(-1) }],
    apply: ({ guard }, x: tf.Tensor, alpha: tf.Tensor) => tf.prelu(guard.awayFrom(x, [0]), alpha),
  },
];

const otherOps: Operation[] = [
  {
    name: 'logicalNot',
    operands: (shape) => [{ shape, dtype: 'bool' }],
    apply: (_, x: tf.Tensor) => tf.logicalNot(x),
  },
  {
    name: 'where',
    operands: (shape) => [{ shape, dtype: 'bool' }, { shape }, { shape }],
    apply: (_, condition: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.where(condition, a, b),
  },
  {
    name: 'addN',
    operands: (shape) => [{ shape }, { shape }, { shape }],
    apply: (_, ...terms: tf.Tensor[]) => tf.addN(terms),
  },
  {
    name: 'cast',
    operands: (shape, variant) => [{ shape, dtype: (['int32', 'bool', 'float32'] as const)[variant % 3] ?? 'float32' }],
    apply: ({ variant }, x: tf.Tensor) => tf.cast(x, (['float32', 'int32', 'float32'] as const)[variant % 3] ?? 'float32'),
  },
  {
    name: 'integer arithmetic',
    operands: (shape) => [
      { shape, dtype: 'int32' },
      { shape, dtype: 'int32' },
    ],
    apply: (_, a: tf.Tensor, b: tf.Tensor) => tf.sub(tf.mul(a, 3), tf.maximum(b, tf.add(a, b))),
  },
];

export const elementwiseOps: readonly Operation[] = [...unaryOps, ...binaryOps, ...otherOps];
