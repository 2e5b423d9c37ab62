import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createProgram, type Device, openDevice } from '@scion/engine';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../close-to.fixture.ts';
import { entryOf } from '../registry.ts';
import { optimizers } from './index.ts';

const start = [1, -2, 0.5];
const gradients = [
  [0.5, -1, 2],
  [0.25, 3, -2],
  [-1, 0.5, 0],
];
const learningRates = [0.1, 0.1, 0.05];

/** The parameter after each of the three steps in PyTorch: see torch-reference.fixture.py. */
const fromTorch = [
  {
    config: { type: 'sgd', momentum: 0 },
    steps: [
      [0.95, -1.9, 0.3],
      [0.925, -2.2, 0.5],
      [0.975, -2.225, 0.5],
    ],
  },
  {
    config: { type: 'sgd', momentum: 0.9, weightDecay: 0.01 },
    steps: [
      [0.949, -1.898, 0.2995],
      [0.877151, -2.1043, 0.31875],
      [0.89438, -2.22109, 0.327254],
    ],
  },
  {
    config: { type: 'adam' },
    steps: [
      [0.9, -1.9, 0.4],
      [0.806782, -1.94942, 0.405263],
      [0.8171, -1.97328, 0.407297],
    ],
  },
  {
    config: { type: 'adam', beta1: 0.8, beta2: 0.95, epsilon: 0.001, weightDecay: 0.01 },
    steps: [
      [0.900196, -1.9001, 0.40005],
      [0.808107, -1.95352, 0.410931],
      [0.822094, -1.97821, 0.414863],
    ],
  },
];

let device: Device;

before(async () => {
  device = await openDevice();
});

describe('optimizers', () => {
  for (const { config, steps } of fromTorch) {
    it(`step as PyTorch's do: ${JSON.stringify(config)}`, () => {
      const optimizer = entryOf(optimizers, config.type).create(config);
      let parameter: tf.Tensor = tf.tensor1d(start);
      let slots: readonly tf.Tensor[] = optimizer.slots.map(() => tf.zerosLike(parameter));
      for (const [index, expected] of steps.entries()) {
        const gradient = tf.tensor1d(gradients[index]!);
        const learningRate = tf.scalar(learningRates[index]!);
        ({ parameter, slots } = optimizer.update({ parameter, gradient, slots, learningRate, step: tf.scalar(index + 1) }));
        assertCloseTo(parameter.dataSync(), expected, 1e-5);
      }
      assert.equal(slots.length, optimizer.slots.length);
    });
  }

  for (const { config, steps } of fromTorch) {
    it(`step the same in TensorFlow's own kernel: ${JSON.stringify(config)}`, (t) => {
      if (!device.backend.startsWith('tensorflow')) return t.skip('TensorFlow is not set up on this machine');
      const { slots, kernel } = entryOf(optimizers, config.type).create(config);
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
              const operands = kernel.operands({ parameter: variable('p'), gradient: input('gradient'), ...at });
              update(kernel.op, { variables: ['p', ...slots], operands });
              return { done: tf.scalar(1) };
            },
          },
        },
      });
      program.write('p', Float32Array.from(start));
      for (const slot of slots) program.write(slot, new Float32Array(3));
      for (const [index, expected] of steps.entries()) {
        program.run('step', {
          gradient: Float32Array.from(gradients[index]!),
          learningRate: Float32Array.of(learningRates[index]!),
          step: Float32Array.of(index + 1),
        });
        assertCloseTo(program.read('p'), expected, 1e-5);
      }
      program.dispose();
    });
  }

  it('keep a running value only where they need it', () => {
    const slotsOf = (config: { type: string }) => entryOf(optimizers, config.type).create(config).slots;
    assert.deepEqual(slotsOf({ type: 'sgd', momentum: 0 } as { type: string }), []);
    assert.deepEqual(slotsOf({ type: 'sgd' }), ['momentum']);
    assert.deepEqual(slotsOf({ type: 'adam' }), ['mean', 'variance']);
  });
});
