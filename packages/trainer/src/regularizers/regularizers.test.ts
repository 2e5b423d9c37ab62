import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../close-to.fixture.ts';
import { entryOf } from '../registry.ts';
import { regularization } from './define-regularizer.ts';
import { regularizers } from './index.ts';

before(() => openDevice());

const weights = () => [tf.tensor1d([1, -2]), tf.tensor2d([[0, 3]])];

describe('regularization', () => {
  const cases = [
    { type: 'l2', value: 0.1 * (1 + 4 + 9), gradient: [0.2, -0.4] },
    { type: 'l1', value: 0.1 * (1 + 2 + 3), gradient: [0.1, -0.1] },
  ];
  for (const { type, value, gradient } of cases) {
    it(`is λ·R(θ) over all weights, with its gradient: ${type}`, () => {
      const { penalty } = entryOf(regularizers, type);
      const [first, second] = weights() as [tf.Tensor, tf.Tensor];
      assertCloseTo(regularization(penalty, [first, second], 0.1).dataSync(), [value], 1e-6);
      const byFirst = tf.grad((weight) => regularization(penalty, [weight, second], 0.1))(first);
      assertCloseTo(byFirst.dataSync(), gradient, 1e-6);
    });
  }
});
