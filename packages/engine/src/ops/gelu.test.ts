import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { geluCore } from './gelu.ts';

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
});

const gelu = (z: tf.Tensor) => tf.mul(geluCore(tf.mul(z, -Math.SQRT1_2)), -Math.SQRT1_2);

describe('geluCore, with a factor before and after it,', () => {
  const x = () => tf.tensor1d([-20, -1, 0, 1, 2, 20]);

  it('is x · Φ(x), by the table of the normal distribution', async () => {
    for (const backend of backends) {
      const values = await valuesOn(backend, () => gelu(x()));
      assertCloseTo(values, [0, -0.1586553, 0, 0.8413447, 1.9544997, 20], 4e-6);
    }
  });

  it('has the gradient Φ(x) + x · φ(x)', async () => {
    for (const backend of backends) {
      const gradient = await valuesOn(backend, () => tf.grad((z: tf.Tensor) => tf.sum(gelu(z)))(x()));
      assertCloseTo(gradient, [0, -0.0833155, 0.5, 1.0833155, 1.0852319, 1], 4e-6);
    }
  });
});
