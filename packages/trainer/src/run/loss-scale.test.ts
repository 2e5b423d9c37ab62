import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type Device, openDevice } from '@scion/engine';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../close-to.fixture.ts';
import { dropOverflow } from './loss-scale.ts';
import { specOf, withBench } from './training-step.fixture.ts';

let device: Device;
before(async () => {
  device = await openDevice();
});

type State = { scale: number; calmSteps: number };

/** What becomes of the scale, the rate of 0.1 and one gradient. */
function after({ scale, calmSteps }: State, gradient: number[]) {
  const variables = new Map([
    ['lossScale', tf.scalar(scale)],
    ['lossScale/calmSteps', tf.scalar(calmSteps)],
  ]);
  const read = (name: string) => variables.get(name) ?? assert.fail(`there is no ${name}`);
  const access = { variable: read, assign: (name: string, value: tf.Tensor) => void variables.set(name, value as tf.Scalar) };
  const gradients = new Map<string, tf.Tensor>([
    ['weight', tf.tensor1d(gradient)],
    ['bias', tf.tensor2d([[1, 2]])],
  ]);
  const kept = dropOverflow(access, { gradients, learningRate: tf.scalar(0.1) });
  const number = (tensor: tf.Tensor | undefined) => [...tensor!.dataSync()];
  return {
    state: { scale: number(read('lossScale'))[0], calmSteps: number(read('lossScale/calmSteps'))[0] },
    gradients: [number(kept.gradients.get('weight')), number(kept.gradients.get('bias'))],
    isStep: number(kept.learningRate)[0]! > 0,
  };
}

describe('the scale of the loss', () => {
  it('stays, and the gradients with it, where all are finite', () => {
    const { state, gradients, isStep } = after({ scale: 1024, calmSteps: 5 }, [3, -4]);
    assert.deepEqual(state, { scale: 1024, calmSteps: 6 });
    assert.deepEqual(gradients, [
      [3, -4],
      [1, 2],
    ]);
    assert.ok(isStep);
  });

  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    it(`is halved, and nothing is changed by the step, where a gradient is ${bad}`, () => {
      const { state, gradients, isStep } = after({ scale: 1024, calmSteps: 5 }, [3, bad]);
      assert.deepEqual(state, { scale: 512, calmSteps: 0 });
      assert.deepEqual(gradients, [
        [0, 0],
        [0, 0],
      ]);
      assert.ok(!isStep);
    });
  }

  it('doubles after 2000 steps without an overflow', () => {
    assert.deepEqual(after({ scale: 1024, calmSteps: 1999 }, [1]).state, { scale: 2048, calmSteps: 0 });
  });

  it('does not fall below 1', () => {
    assert.equal(after({ scale: 1, calmSteps: 0 }, [Number.NaN]).state.scale, 1);
  });
});

describe('a step in float16', () => {
  const optimizer = { type: 'sgd', learningRate: 0.1, momentum: 0.9 };
  const skips = (t: { skip(message: string): void }) => {
    if (device.backend.startsWith('tensorflow')) return false;
    t.skip('runs on TensorFlow only, and this process has another device');
    return true;
  };

  it('trains as float32 does, reports its scale, and goes on from a checkpoint as if it had not stopped', (t) => {
    if (skips(t)) return;
    const spec = specOf({ optimizer, accumulate: 2 });
    const options = { compile: true, examples: 24, precision: 'float16' } as const;
    // A scale that the gradients of this net bear: else the first steps would only look for one.
    const { parameters, slots } = withBench(spec, options, ({ checkpoint }) => checkpoint());
    const from = {
      parameters,
      slots: slots.map((slot) => (slot.name === 'lossScale' ? { ...slot, data: Float32Array.of(256) } : slot)),
    };
    const losses = (precision: { precision?: 'float16' }) =>
      withBench(spec, { compile: true, examples: 24, from, ...precision }, ({ train }) =>
        [0, 1, 2, 3].map((step) => train(step)['loss']!),
      );
    assertCloseTo(losses({ precision: 'float16' }), losses({}), 0.01);
    const [numbers, whole, half] = withBench(spec, options, ({ train, checkpoint }) => {
      train(0);
      const middle = checkpoint();
      return [train(1), checkpoint(), middle] as const;
    });
    assert.ok((numbers['lossScale'] ?? 0) >= 1024, `${numbers['lossScale']}`);
    const resumed = withBench(spec, { ...options, from: half }, ({ train, checkpoint }) => {
      train(1);
      return checkpoint();
    });
    assert.deepEqual(resumed, whole);
  });
});
