import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { sigmoidCrossEntropy } from './sigmoid-cross-entropy.ts';

const logits = [2, -1, 0, -30, 30, 90];
const targets = [1, 0, 0.25, 1, 0.5, 0];

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
});

const rows = (values: number[]) => tf.tensor2d(values, [2, 3]);

describe('sigmoidCrossEntropy', () => {
  it('is the mean of -t·log p - (1 - t)·log(1 - p), also where p is 0 or 1 in float32', async () => {
    // log p = -log(1 + exp(-x)) and log(1 - p) = -log(1 + exp(x)), in float64
    const terms = logits.map((x, i) => targets[i]! * Math.log1p(Math.exp(-x)) + (1 - targets[i]!) * Math.log1p(Math.exp(x)));
    const expected = terms.reduce((sum, term) => sum + term, 0) / terms.length;
    for (const backend of backends) {
      assertCloseTo(await valuesOn(backend, () => sigmoidCrossEntropy(rows(logits), rows(targets))), [expected], 1e-5);
    }
  });

  it('has the gradient (sigmoid - target) / entries, also at 0', async () => {
    const formula = logits.map((x, i) => (1 / (1 + Math.exp(-x)) - targets[i]!) / logits.length);
    for (const backend of backends) {
      const gradient = await valuesOn(backend, () =>
        tf.grad((x) => sigmoidCrossEntropy(x as tf.Tensor2D, rows(targets)))(rows(logits)),
      );
      assertCloseTo(gradient, formula, 1e-6);
    }
  });
});
