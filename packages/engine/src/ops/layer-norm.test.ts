import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { layerNorm } from './layer-norm.ts';
import { createRng, stepKey } from './random.ts';

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
});

const normal = (site: string, shape: readonly number[]) => createRng(stepKey(1, 2)).normal(site, shape);
const epsilon = 1e-2; // large, so that leaving it out would show

type Norm = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) => tf.Tensor;

const written: Norm = (x, scale, offset) =>
  layerNorm(x as tf.Tensor2D, { scale: scale as tf.Tensor1D, offset: offset as tf.Tensor1D, epsilon });

/** The definition, differentiated by tfjs. */
const composed: Norm = (x, scale, offset) => {
  const { mean, variance } = tf.moments(x, 1, true);
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon))), scale), offset);
};

describe('layerNorm', () => {
  const operands = () => [normal('x', [5, 7]), normal('scale', [7]), normal('offset', [7])];

  it('gives a row of three its known values', async () => {
    for (const backend of backends) {
      const values = await valuesOn(backend, () =>
        written(tf.tensor2d([[1, 2, 6]]), tf.tensor1d([1, 1, 2]), tf.tensor1d([0, 0, 1])),
      );
      const inverse = 1 / Math.sqrt(14 / 3 + epsilon);
      assertCloseTo(values, [-2 * inverse, -inverse, 6 * inverse + 1], 1e-5);
    }
  });

  it('has the value and the gradients of its definition', async () => {
    const weighted = (norm: Norm) => (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) =>
      tf.sum(tf.mul(norm(x, scale, offset), normal('weights', [5, 7])));
    for (const backend of backends) {
      const value = (norm: Norm) => valuesOn(backend, () => norm(...(operands() as [tf.Tensor, tf.Tensor, tf.Tensor])));
      assertCloseTo(await value(written), await value(composed), 1e-5);
      for (const which of [0, 1, 2]) {
        const gradient = (norm: Norm) => valuesOn(backend, () => tf.grads(weighted(norm))(operands())[which]!);
        assertCloseTo(await gradient(written), await gradient(composed), 1e-4);
      }
    }
  });
});
