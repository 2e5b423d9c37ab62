import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { type BatchNormParameters, batchNormEval, batchNormTrain } from './batch-norm.ts';
import { createRng, stepKey } from './random.ts';

const shape = [4, 3, 5, 6] as const;
const perChannel = shape[0] * shape[1] * shape[2];
const epsilon = 1e-3;

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
});

type Inputs = { x: tf.Tensor4D; weights: tf.Tensor4D; parameters: BatchNormParameters };

/** Each channel has a mean and a spread of its own. `weights` make a loss whose gradient by y is not constant. */
function inputs(): Inputs {
  const rng = createRng(stepKey(1, 2));
  const x = tf.add(tf.mul(rng.normal('x', shape), tf.range(1, 7)), tf.range(-3, 3)) as tf.Tensor4D;
  const parameters = {
    scale: rng.uniform('scale', [6]) as tf.Tensor1D,
    offset: rng.uniform('offset', [6]) as tf.Tensor1D,
    epsilon,
  };
  return { x, weights: rng.normal('weights', shape) as tf.Tensor4D, parameters };
}

/** The textbook form, from ops that have gradients of their own. */
function plainBatchNorm({ x, parameters }: Inputs): { y: tf.Tensor; mean: tf.Tensor; variance: tf.Tensor } {
  const mean = tf.mean(x, [0, 1, 2]);
  const variance = tf.mean(tf.square(tf.sub(x, mean)), [0, 1, 2]);
  const normalised = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, parameters.epsilon)));
  return { y: tf.add(tf.mul(normalised, parameters.scale), parameters.offset), mean, variance };
}

function gradients(apply: (given: Inputs) => tf.Tensor): tf.Tensor[] {
  const { x, weights, parameters } = inputs();
  const loss = (xIn: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) => {
    const given = { x: xIn, weights, parameters: { scale, offset, epsilon } } as Inputs;
    return tf.sum(tf.mul(apply(given), weights)) as tf.Scalar;
  };
  return tf.grads(loss)([x, parameters.scale, parameters.offset]);
}

describe('batchNormTrain', () => {
  it('normalises by the statistics of the batch', async () => {
    for (const backend of backends) {
      const actual = await valuesOn(backend, () => {
        const { x, parameters } = inputs();
        return batchNormTrain(x, parameters).y;
      });
      const expected = await valuesOn(backend, () => plainBatchNorm(inputs()).y);
      assertCloseTo(actual, expected, 1e-4);
    }
  });

  it('gives the mean and the unbiased variance', async () => {
    for (const backend of backends) {
      const statistics = await valuesOn(backend, () => {
        const { x, parameters } = inputs();
        const { mean, variance } = batchNormTrain(x, parameters).statistics;
        return tf.stack([mean, variance]);
      });
      const expected = await valuesOn(backend, () => {
        const { mean, variance } = plainBatchNorm(inputs());
        return tf.stack([mean, tf.mul(variance, perChannel / (perChannel - 1))]);
      });
      assertCloseTo(statistics, expected, 1e-3);
    }
  });

  it('has the gradients of the textbook form by input, scale and offset', async () => {
    for (const backend of backends) {
      for (const which of [0, 1, 2]) {
        const actual = await valuesOn(backend, () => gradients(({ x, parameters }) => batchNormTrain(x, parameters).y)[which]!);
        const expected = await valuesOn(backend, () => gradients((given) => plainBatchNorm(given).y)[which]!);
        assertCloseTo(actual, expected, 1e-3);
      }
    }
  });

  it('takes a batch of one value a channel', async () => {
    for (const backend of backends) {
      const single = () => tf.tensor4d([3, -5], [1, 1, 1, 2]);
      const parameters = () => ({ scale: tf.ones([2]) as tf.Tensor1D, offset: tf.tensor1d([7, 8]), epsilon });
      assertCloseTo(await valuesOn(backend, () => batchNormTrain(single(), parameters()).y), [7, 8], 1e-6);
      assertCloseTo(await valuesOn(backend, () => batchNormTrain(single(), parameters()).statistics.variance), [0, 0], 1e-6);
    }
  });

  it('leaves no tensor behind', async () => {
    for (const backend of backends) {
      await tf.setBackend(backend);
      const before = tf.memory().numTensors;
      tf.tidy(() => gradients(({ x, parameters }) => batchNormTrain(x, parameters).y).map((gradient) => gradient.dataSync()));
      assert.equal(tf.memory().numTensors, before, backend);
    }
  });
});

describe('batchNormEval', () => {
  it('normalises by the given statistics', async () => {
    for (const backend of backends) {
      const values = await valuesOn(backend, () =>
        batchNormEval(
          tf.tensor4d([5, 10], [1, 1, 1, 2]),
          { scale: tf.tensor1d([2, 1]), offset: tf.tensor1d([0, -1]), epsilon: 0 },
          { mean: tf.tensor1d([1, 8]), variance: tf.tensor1d([4, 16]) },
        ),
      );
      assertCloseTo(values, [4, -0.5], 1e-6);
    }
  });
});
