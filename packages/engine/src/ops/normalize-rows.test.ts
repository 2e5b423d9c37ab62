import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { normalizeRows } from './normalize-rows.ts';
import { createRng, stepKey } from './random.ts';

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
});

const epsilon = 1e-3;
const normal = (site: string) => createRng(stepKey(1, 2)).normal(site, [5, 7]) as tf.Tensor2D;
const composed = (x: tf.Tensor2D) => {
  const { mean, variance } = tf.moments(x, 1, true);
  return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon))) as tf.Tensor2D;
};

describe('normalizeRows', () => {
  it('has the values and gradients of mean and variance taken step by step', async () => {
    const weighted = (of: (x: tf.Tensor2D) => tf.Tensor2D) => (x: tf.Tensor) => tf.mul(of(x as tf.Tensor2D), normal('weights'));
    const own = (x: tf.Tensor2D) => normalizeRows(x, epsilon);
    for (const backend of backends) {
      const on = (compute: () => tf.Tensor) => valuesOn(backend, compute);
      assertCloseTo(await on(() => own(normal('x'))), await on(() => composed(normal('x'))), 1e-5);
      const expected = await on(() => tf.grad(weighted(composed))(normal('x')));
      assertCloseTo(await on(() => tf.grad(weighted(own))(normal('x'))), expected, 1e-5);
    }
  });
});
