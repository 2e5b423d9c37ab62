import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { addBias, relu, relu6 } from './fused.ts';
import { createRng, stepKey } from './random.ts';

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
});

const normal = (site: string, shape: readonly number[]) => createRng(stepKey(1, 2)).normal(site, shape);

describe('relu', () => {
  it('is max(x, 0), and lets the gradient through where x is positive', async () => {
    for (const backend of backends) {
      const x = () => tf.tensor1d([-2, 0, 3, 0.5]);
      assert.deepEqual(await valuesOn(backend, () => relu(x())), [0, 0, 3, 0.5], backend);
      const weighted = (input: tf.Tensor) => tf.mul(relu(input), tf.tensor1d([1, 2, 3, 4]));
      assert.deepEqual(await valuesOn(backend, () => tf.grad(weighted)(x())), [0, 0, 3, 4], backend);
    }
  });
});

describe('relu6', () => {
  it('is x between 0 and 6, and lets the gradient through there alone', async () => {
    for (const backend of backends) {
      const x = () => tf.tensor1d([-2, 3, 5.5, 7]);
      assert.deepEqual(await valuesOn(backend, () => relu6(x())), [0, 3, 5.5, 6], backend);
      const weighted = (input: tf.Tensor) => tf.mul(relu6(input), tf.tensor1d([1, 2, 3, 4]));
      assert.deepEqual(await valuesOn(backend, () => tf.grad(weighted)(x())), [0, 2, 3, 0], backend);
    }
  });
});

describe('addBias', () => {
  for (const shape of [
    [4, 3],
    [2, 3, 5, 3],
  ]) {
    it(`adds along the last axis of [${shape.join(', ')}], with the gradients of a plain sum`, async () => {
      const fused = (x: tf.Tensor, bias: tf.Tensor) => tf.mul(addBias(x, bias as tf.Tensor1D), normal('weights', shape));
      const plain = (x: tf.Tensor, bias: tf.Tensor) => tf.mul(tf.add(x, bias), normal('weights', shape));
      const gradient = (of: typeof fused, which: number) => tf.grads(of)([normal('x', shape), normal('bias', [3])])[which]!;
      for (const backend of backends) {
        const value = (of: typeof fused) => valuesOn(backend, () => of(normal('x', shape), normal('bias', [3])));
        assertCloseTo(await value(fused), await value(plain), 1e-5);
        for (const which of [0, 1]) {
          const expected = await valuesOn(backend, () => gradient(plain, which));
          assertCloseTo(await valuesOn(backend, () => gradient(fused, which)), expected, 1e-4);
        }
      }
    });
  }
});
