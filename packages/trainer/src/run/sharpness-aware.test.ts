import { before, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { crossEntropy, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../close-to.fixture.ts';
import { readReference } from '../methods/finetune/reference.fixture.ts';
import { sharpnessAware } from './sharpness-aware.ts';
import type { StepFunction } from './step-function.ts';

const { sharpnessAware: reference } = await readReference();

before(() => openDevice());

/** Logistic regression on the reference's rows. */
const regression: StepFunction = (read) => {
  const [rows, labels] = [tf.tensor2d(reference.x), tf.tensor1d(reference.labels, 'int32')];
  const { value, grad } = tf.valueAndGrad((weight) => crossEntropy(tf.matMul(rows, weight as tf.Tensor2D), labels))(
    read('weight'),
  );
  const loss = tf.keep(value as tf.Scalar);
  return { results: { loss }, gradients: new Map([['weight', grad]]), statistics: new Map(), release: () => loss.dispose() };
};

it('a sharpness-aware step goes by the gradient of the paper, and reports the loss where it is', () => {
  const step = sharpnessAware(regression, { rho: reference.rho });
  let weight: tf.Tensor = tf.tensor2d(reference.first);
  const losses = reference.losses.map(() => {
    let loss = Number.NaN;
    weight = tf.tidy(() => {
      const inputs = { images: tf.zeros<tf.Rank.R4>([1, 1, 1, 1]), labels: tf.tensor1d([0], 'int32'), key: stepKey(0, 0) };
      const { results, gradients, release } = step(() => weight, inputs);
      loss = results['loss']?.dataSync()[0] ?? Number.NaN;
      release();
      return tf.sub(weight, tf.mul(gradients.get('weight') ?? 0, reference.rate));
    });
    return loss;
  });
  assertCloseTo(losses, reference.losses, 1e-5);
  assertCloseTo(weight.dataSync<'float32'>(), reference.last.flat(), 1e-5);
});
