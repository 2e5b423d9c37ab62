import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createProgram, type Device, openDevice } from '@scion/engine';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../close-to.fixture.ts';
import { entryOf } from '../registry.ts';
import type { TrainedParameter, UpdateRule } from './define-optimizer.ts';
import { optimizers } from './index.ts';

const start = [1, -2, 0.5];
const gradients = [
  [0.5, -1, 2],
  [0.25, 3, -2],
  [-1, 0.5, 0],
  [0.75, -0.25, 1.5],
  [-2, 1, -0.5],
  [0.125, -3, 0.25],
];
const learningRates = [0.1, 0.1, 0.05, 0.05, 0.02, 0.01];

/** The parameter after each step in PyTorch: see torch-optimizers.fixture.py. */
const fromTorch: { config: { type: string; [setting: string]: unknown }; steps: number[][] }[] = [
  {
    config: { type: 'sgd', momentum: 0 },
    steps: [
      [0.95, -1.9, 0.3],
      [0.925, -2.2, 0.5],
      [0.975, -2.225, 0.5],
      [0.9375, -2.2125, 0.425],
      [0.9775, -2.2325, 0.435],
      [0.97625, -2.2025, 0.4325],
    ],
  },
  {
    config: { type: 'sgd', momentum: 0.9, weightDecay: 0.01 },
    steps: [
      [0.949, -1.898, 0.2995],
      [0.877151, -2.104302, 0.3187505],
      [0.89438037, -2.22108575, 0.32725385],
      [0.87193962, -2.31258058, 0.25974324],
      [0.90368656, -2.3650562, 0.24538747],
      [0.91663232, -2.35843373, 0.23640283],
    ],
  },
  {
    config: { type: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0.01 },
    steps: [
      [0.9031, -1.8062, 0.11905],
      [0.81257411, -2.29014822, 0.3364188],
      [0.87772191, -2.41906207, 0.34396874],
      [0.81963675, -2.48756699, 0.2080883],
      [0.88807262, -2.55421892, 0.20515419],
      [0.8983988, -2.51795086, 0.19456358],
    ],
  },
  {
    config: { type: 'adam' },
    steps: [
      [0.9, -1.9, 0.4],
      [0.80678204, -1.94941898, 0.40526316],
      [0.81709989, -1.97327584, 0.40729738],
      [0.80824681, -1.99049413, 0.39514223],
      [0.81556197, -1.99929968, 0.39276789],
      [0.81844102, -1.99865003, 0.39134534],
    ],
  },
  {
    config: { type: 'adam', beta1: 0.8, beta2: 0.95, epsilon: 0.001, weightDecay: 0.01 },
    steps: [
      [0.90019569, -1.90009794, 0.40004985],
      [0.80810747, -1.95352323, 0.41093117],
      [0.82209385, -1.97820801, 0.41486283],
      [0.81256793, -1.99432985, 0.40143242],
      [0.82148037, -2.00318063, 0.39929582],
      [0.82472343, -2.00132285, 0.39789754],
    ],
  },
  {
    config: { type: 'adamw' },
    steps: [
      [0.899, -1.898, 0.3995],
      [0.80488304, -1.94552098, 0.40436366],
      [0.81479845, -1.96840508, 0.40619569],
      [0.80553797, -1.98463916, 0.39383746],
      [0.81269202, -1.99304779, 0.39138435],
      [0.8154898, -1.99219883, 0.38992266],
    ],
  },
  {
    config: { type: 'adamw', beta1: 0.8, beta2: 0.95, epsilon: 0.001, weightDecay: 0.1 },
    steps: [
      [0.8901996, -1.8800999, 0.39504998],
      [0.7894661, -1.91538227, 0.40220503],
      [0.80015186, -1.9309025, 0.40425998],
      [0.78722252, -1.93792257, 0.38893159],
      [0.79469392, -1.9431143, 0.38607492],
      [0.79721954, -1.93941898, 0.38432185],
    ],
  },
  {
    config: { type: 'rmsprop' },
    steps: [
      [2e-7, -1.0000001, -0.49999995],
      [-0.44901297, -1.94915807, 0.20888123],
      [-0.01164318, -2.02766696, 0.20888123],
      [-0.2868781, -1.988337, -0.02768009],
      [-0.12132528, -2.04863875, 0.00362946],
      [-0.12651785, -1.98137179, -0.00421313],
    ],
  },
  {
    config: { type: 'rmsprop', smoothing: 0.9, momentum: 0.8, epsilon: 0.001, weightDecay: 0.01 },
    steps: [
      [0.68572094, -1.6847496, 0.1842702],
      [0.28686841, -1.73304496, 0.16046798],
      [0.26714843, -1.77765624, 0.15085026],
      [0.16043607, -1.79861924, 0.06142442],
      [0.17997414, -1.826749, 0.04408501],
      [0.18599704, -1.81463415, 0.03418198],
    ],
  },
  {
    config: { type: 'adagrad' },
    steps: [
      [0.9, -1.9, 0.4],
      [0.85527864, -1.99486833, 0.47071068],
      [0.89892222, -2.00267702, 0.47071068],
      [0.87153609, -1.99878452, 0.44728461],
      [0.88803883, -2.00473088, 0.45037068],
      [0.8875238, -1.99807447, 0.44960145],
    ],
  },
  {
    config: { type: 'adagrad', epsilon: 0.001, weightDecay: 0.01 },
    steps: [
      [0.90019569, -1.90009794, 0.40004985],
      [0.85499452, -1.99468253, 0.47057635],
      [0.89826584, -2.0022115, 0.47049322],
      [0.8706543, -1.99799169, 0.44702183],
      [0.88711141, -2.00384915, 0.45007737],
      [0.88655906, -1.99714956, 0.44929512],
    ],
  },
];

const weight: TrainedParameter = { name: 'w', shape: [3], role: 'weight' };
const ruleOf = (config: { type: string }, parameter = weight) => entryOf(optimizers, config.type).create(config, parameter);

let device: Device;

before(async () => {
  device = await openDevice();
});

/** The parameter after each step, by the plain rule. */
function stepsByRule(rule: UpdateRule, count: number): number[][] {
  let parameter: tf.Tensor = tf.tensor1d(start);
  let slots: readonly tf.Tensor[] = rule.slots.map(() => tf.zerosLike(parameter));
  return Array.from({ length: count }, (_, index) => {
    const gradient = tf.tensor1d(gradients[index]!);
    const learningRate = tf.scalar(learningRates[index]!);
    ({ parameter, slots } = rule.update({ parameter, gradient, slots, learningRate, step: tf.scalar(index + 1) }));
    assert.equal(slots.length, rule.slots.length);
    return [...parameter.dataSync()];
  });
}

/** The parameter after each step, by TensorFlow's kernels. */
function stepsByKernels({ slots, kernels }: UpdateRule, count: number): number[][] {
  assert.ok(kernels);
  const program = createProgram({
    variables: ['p', ...slots].map((name) => ({ name, shape: [3] })),
    functions: {
      step: {
        inputs: {
          gradient: { dtype: 'float32', shape: [3] },
          learningRate: { dtype: 'float32', shape: [] },
          step: { dtype: 'float32', shape: [] },
        },
        build({ input, variable, update }) {
          const at = { learningRate: input('learningRate') as tf.Scalar, step: input('step') as tf.Scalar };
          for (const call of kernels({ parameter: variable('p'), gradient: input('gradient'), ...at })) {
            update(call.op, { ...call, variables: ['p', ...call.slots] });
          }
          return { done: tf.scalar(1) };
        },
      },
    },
  });
  program.write('p', Float32Array.from(start));
  for (const slot of slots) program.write(slot, new Float32Array(3));
  const steps = Array.from({ length: count }, (_, index) => {
    program.run('step', {
      gradient: Float32Array.from(gradients[index]!),
      learningRate: Float32Array.of(learningRates[index]!),
      step: Float32Array.of(index + 1),
    });
    return [...program.read('p')];
  });
  program.dispose();
  return steps;
}

describe('optimizers', () => {
  for (const { config, steps } of fromTorch) {
    it(`step as PyTorch's do: ${JSON.stringify(config)}`, () => {
      const taken = stepsByRule(ruleOf(config), steps.length);
      for (const [index, expected] of steps.entries()) assertCloseTo(taken[index]!, expected, 1e-6);
    });

    if (!ruleOf(config).kernels) continue;
    it(`step the same in TensorFlow's own kernels: ${JSON.stringify(config)}`, (t) => {
      if (!device.backend.startsWith('tensorflow')) return t.skip('runs on TensorFlow only, and this process has another device');
      const taken = stepsByKernels(ruleOf(config), steps.length);
      for (const [index, expected] of steps.entries()) assertCloseTo(taken[index]!, expected, 1e-6);
    });
  }

  it('are compared with PyTorch, or with their paper', () => {
    const compared = new Set([...fromTorch.map(({ config }) => config.type), 'lars', 'lamb', 'lion', 'muon']);
    assert.deepEqual(compared, new Set(optimizers.map(({ id }) => id)));
  });

  it('keep a running value only where they need it', () => {
    const slotsOf = (config: { type: string; [setting: string]: unknown }) => ruleOf(config).slots;
    assert.deepEqual(slotsOf({ type: 'sgd', momentum: 0 }), []);
    assert.deepEqual(slotsOf({ type: 'sgd' }), ['momentum']);
    assert.deepEqual(slotsOf({ type: 'adam' }), ['mean', 'variance']);
    assert.deepEqual(slotsOf({ type: 'rmsprop' }), ['meanSquare']);
    assert.deepEqual(slotsOf({ type: 'rmsprop', momentum: 0.5 }), ['meanSquare', 'momentum']);
  });

  /** How far one step of a zero gradient moves each of the three values. */
  const decayedBy = (type: string, role: TrainedParameter['role']) => {
    const rule = ruleOf({ type, weightDecay: 0.5 } as { type: string }, { ...weight, shape: [3, 1], role });
    const parameter = tf.tensor2d(start, [3, 1]);
    const slots = rule.slots.map(() => tf.zerosLike(parameter));
    const at = { learningRate: tf.scalar(0.01), step: tf.scalar(1) };
    const next = rule.update({ parameter, gradient: tf.zerosLike(parameter), slots, ...at });
    return tf.max(tf.abs(tf.sub(next.parameter, parameter))).dataSync()[0]!;
  };

  for (const { id: type } of optimizers) {
    it(`decay weights, and biases and normalisation only by way of the gradient: ${type}`, () => {
      assert.ok(decayedBy(type, 'weight') > 0);
      const isByGradient = ['sgd', 'adam', 'rmsprop', 'adagrad'].includes(type);
      for (const role of ['bias', 'norm'] as const) assert.equal(decayedBy(type, role) > 0, isByGradient, role);
    });
  }
});
