import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { crossEntropy } from './classification-loss.ts';
import { softCrossEntropy } from './soft-cross-entropy.ts';

const rows = [
  [2, -1, 0.5],
  [0, 0.25, 0],
  [-3, 4, 1],
];
const shares = [
  [0.75, 0.25, 0],
  [0, 0, 1],
  [0.5, 0.2, 0.3],
];

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
});

const logits = () => tf.tensor2d(rows);

describe('softCrossEntropy', () => {
  it('is the mean over the batch of -Σ share · log softmax', async () => {
    const terms = rows.flatMap((row, i) => {
      const logSum = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
      return row.map((logit, label) => -shares[i]![label]! * (logit - logSum));
    });
    const expected = terms.reduce((sum, term) => sum + term, 0) / rows.length;
    for (const backend of backends) {
      assertCloseTo(await valuesOn(backend, () => softCrossEntropy(logits(), tf.tensor2d(shares))), [expected], 1e-6);
    }
  });

  it('is the weighted mean of the losses of both labels where two are mixed', async () => {
    const [own, partner, weight] = [[0, 2, 1], [1, 1, 0], 0.3];
    const oneHot = (labels: number[]) => tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), 3), 'float32') as tf.Tensor2D;
    for (const backend of backends) {
      const mixed = await valuesOn(backend, () =>
        softCrossEntropy(logits(), tf.add(tf.mul(oneHot(own), weight), tf.mul(oneHot(partner), 1 - weight))),
      );
      const apart = await valuesOn(backend, () => {
        const loss = (labels: number[]) => crossEntropy(logits(), tf.tensor1d(labels, 'int32'));
        return tf.add(tf.mul(loss(own), weight), tf.mul(loss(partner), 1 - weight));
      });
      assertCloseTo(mixed, apart, 1e-6);
    }
  });

  it('has the gradient (softmax - shares) / batch where the shares add up to 1', async () => {
    for (const backend of backends) {
      const gradient = await valuesOn(backend, () =>
        tf.grad((x) => softCrossEntropy(x as tf.Tensor2D, tf.tensor2d(shares)))(logits()),
      );
      const formula = await valuesOn(backend, () => tf.div(tf.sub(tf.softmax(logits()), tf.tensor2d(shares)), 3));
      assertCloseTo(gradient, formula, 1e-6);
    }
  });
});
