import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { accuracy, crossEntropy } from './classification-loss.ts';

const logitRows = [
  [2, -1, 0.5],
  [0, 0, 0],
  [-3, 4, 1],
  [1000, -1000, 0],
];
const labelOfRow = [0, 2, 1, 1];

/** PyTorch 2's `torch.nn.functional.cross_entropy` on those rows, and its gradient by the logits. */
const fromTorch = {
  loss: 500.34735107421875,
  gradient: [
    -5.360074341e-2, 9.778142907e-3, 4.382259771e-2, 8.333332837e-2, 8.333332837e-2, -1.666666716e-1, 2.169703221e-4,
    -1.206313074e-2, 1.184617821e-2, 0.25, -0.25, 0,
  ],
};

const logits = () => tf.tensor2d(logitRows);
const labels = () => tf.tensor1d(labelOfRow, 'int32');

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
});

describe('crossEntropy', () => {
  it("is PyTorch's, also far outside the range of exp", async () => {
    for (const backend of backends) {
      assertCloseTo(await valuesOn(backend, () => crossEntropy(logits(), labels())), [fromTorch.loss], 1e-4);
    }
  });

  it('is the logarithm of the number of classes where nothing is known', async () => {
    for (const backend of backends) {
      const values = await valuesOn(backend, () => crossEntropy(tf.zeros([3, 10]), tf.tensor1d([0, 4, 9], 'int32')));
      assertCloseTo(values, [Math.log(10)], 1e-6);
    }
  });

  it('has the gradient (softmax - oneHot) / batch', async () => {
    const formula = logitRows.flatMap((row, i) => {
      const exponentials = row.map((logit) => Math.exp(logit - Math.max(...row)));
      const sum = exponentials.reduce((a, b) => a + b);
      return exponentials.map((e, label) => (e / sum - (label === labelOfRow[i] ? 1 : 0)) / logitRows.length);
    });
    assertCloseTo(formula, fromTorch.gradient, 1e-7);
    for (const backend of backends) {
      const gradient = await valuesOn(backend, () => tf.grad((x) => crossEntropy(x as tf.Tensor2D, labels()))(logits()));
      assertCloseTo(gradient, formula, 1e-6);
    }
  });
});

describe('accuracy', () => {
  it('is the share of rows whose largest logit is their label', async () => {
    for (const backend of backends) {
      const right = tf.tensor1d([0, 2, 0, 0], 'int32'); // of these, rows 0 and 3; row 1 is undecided and takes class 0
      assert.deepEqual(await valuesOn(backend, () => accuracy(logits(), right)), [0.5]);
    }
  });
});
