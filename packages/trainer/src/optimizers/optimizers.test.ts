import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
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

before(() => openDevice());

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

  it('keep a running value only where they need it', () => {
    const slotsOf = (config: { type: string }) => entryOf(optimizers, config.type).create(config).slots;
    assert.deepEqual(slotsOf({ type: 'sgd', momentum: 0 } as { type: string }), []);
    assert.deepEqual(slotsOf({ type: 'sgd' }), ['momentum']);
    assert.deepEqual(slotsOf({ type: 'adam' }), ['mean', 'variance']);
  });
});
