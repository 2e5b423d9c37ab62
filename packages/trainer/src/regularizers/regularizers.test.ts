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
    // Of the first, each number is a channel of its own; of the second, a row, the channels 0 and 3.
    { type: 'group-lasso', value: 0.1 * (1 + 2 + 0 + 3), gradient: [0.1, -0.1] },
    // Both are single rows, whose one singular value is their length.
    { type: 'spectral', value: (0.1 / 2) * (5 + 9), gradient: [0.1, -0.2] },
    { type: 'orthogonality', value: 0.1 * ((5 - 1) ** 2 + (9 - 1) ** 2), gradient: [0.1 * 4 * 4, 0.1 * 4 * 4 * -2] },
  ];
  for (const { type, value, gradient } of cases) {
    it(`is λ·R(θ) over all weights, with its gradient: ${type}`, () => {
      const { penalty } = entryOf(regularizers, type);
      const [first, second] = weights() as [tf.Tensor, tf.Tensor];
      assertCloseTo(regularization(penalty, [first, second], 0.1).dataSync(), [value], 1e-5);
      const byFirst = tf.grad((weight) => regularization(penalty, [weight, second], 0.1))(first);
      assertCloseTo(byFirst.dataSync(), gradient, 1e-5);
    });
  }
});

describe('penalties of whole matrices', () => {
  const stretched = () => tf.tensor2d([3, 0, 0, 1, 0, 0], [3, 2]);
  const turned = () => tf.tensor2d([0.6, -0.8, 0.8, 0.6], [2, 2]);
  const penaltyOf = (type: string, weight: tf.Tensor) =>
    regularization(entryOf(regularizers, type).penalty, [weight], 1).dataSync();

  it('see the largest singular value, also of convolutions', () => {
    assertCloseTo(penaltyOf('spectral', stretched()), [4.5], 1e-5);
    assertCloseTo(penaltyOf('spectral', tf.reshape(stretched(), [1, 3, 1, 2])), [4.5], 1e-5);
  });

  it('leave alone what is orthogonal, square, tall or wide', () => {
    assertCloseTo(penaltyOf('orthogonality', turned()), [0], 1e-6);
    assertCloseTo(penaltyOf('orthogonality', tf.tensor2d([1, 0, 0, 1, 0, 0], [3, 2])), [0], 1e-6);
    assertCloseTo(penaltyOf('orthogonality', tf.tensor2d([1, 0, 0, 0, 1, 0], [2, 3])), [0], 1e-6);
    assertCloseTo(penaltyOf('orthogonality', stretched()), [64], 1e-4);
  });

  it('pull a whole channel at once, as strongly however near to zero it is', () => {
    const gradient = (scale: number) => {
      const { penalty } = entryOf(regularizers, 'group-lasso');
      return tf
        .grad((weight) => penalty(weight))(tf.mul(tf.tensor2d([3, 1, 4, 0], [2, 2]), scale))
        .dataSync();
    };
    const root = Math.SQRT2;
    assertCloseTo(gradient(1), [0.6 * root, root, 0.8 * root, 0], 1e-5);
    assertCloseTo(gradient(0.01), gradient(1), 1e-4);
    assertCloseTo(gradient(0), [0, 0, 0, 0], 0);
  });
});
