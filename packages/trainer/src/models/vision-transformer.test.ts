import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { computeValues, createRng, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type Forward, initialValues } from '../parameters.ts';
import { vitTiny } from './vision-transformer.ts';

const side = 8;

/** Features of four images with drop-path at `rate`, in the given step. */
function featuresWith(rate: number, { training, step }: { training: boolean; step: number }): Float32Array {
  const { parameters, features } = vitTiny.create({ type: 'vit-tiny', depth: 3, dropPath: rate }, [side, side, 3]);
  return computeValues(() => {
    const tensors = new Map(parameters.map((spec) => [spec.name, tf.tensor(initialValues(spec, 1), [...spec.shape])]));
    const forward: Forward = {
      parameter: (name) => tensors.get(name) ?? assert.fail(name),
      training,
      rng: createRng(stepKey(0, step)),
      updateStatistic: () => undefined,
    };
    return features(forward, createRng(stepKey(5, 5)).normal('images', [4, side, side, 3]) as tf.Tensor4D);
  });
}

describe('drop-path of the vision transformer', () => {
  before(async () => {
    await openDevice({ choice: 'auto' });
  });

  it('changes what training computes, from step to step', () => {
    const first = featuresWith(0.5, { training: true, step: 0 });
    assert.notDeepEqual(first, featuresWith(0, { training: true, step: 0 }));
    assert.notDeepEqual(first, featuresWith(0.5, { training: true, step: 1 }));
    assert.deepEqual(first, featuresWith(0.5, { training: true, step: 0 }));
  });

  it('leaves evaluation alone', () => {
    assert.deepEqual(featuresWith(0.5, { training: false, step: 0 }), featuresWith(0, { training: false, step: 0 }));
  });
});
