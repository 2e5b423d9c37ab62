import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { createRng, dropout, type Rng, spatialDropout, stepKey } from './random.ts';

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
  await tf.setBackend(backends[0]!);
});

function valuesOf(compute: () => tf.Tensor): number[] {
  return [...tf.tidy(compute).dataSync()];
}

const rngAt = (seed: number, step: number): Rng => createRng(stepKey(seed, step));

describe('uniform', () => {
  it('is a function of seed, step and site alone', () => {
    const draw = (seed: number, step: number, site: string) => valuesOf(() => rngAt(seed, step).uniform(site, [5]));
    const first = draw(1, 2, 'a');
    assert.deepEqual(draw(1, 2, 'a'), first);
    assert.notDeepEqual(draw(2, 2, 'a'), first);
    assert.notDeepEqual(draw(1, 3, 'a'), first);
    assert.notDeepEqual(draw(1, 2, 'b'), first);
  });

  it('does not depend on what was drawn before', () => {
    const alone = valuesOf(() => rngAt(1, 2).uniform('second', [5]));
    const after = valuesOf(() => {
      const rng = rngAt(1, 2);
      rng.normal('first', [100]);
      return rng.uniform('second', [5]);
    });
    assert.deepEqual(after, alone);
  });

  it('draws the same bits on every backend, also where seed and site overflow an int32', async () => {
    const draw = () => rngAt(2 ** 31 - 1, 1_000_000).uniform('dropout1', [3, 5]);
    const expected = await valuesOn('cpu', draw);
    for (const backend of backends) assert.deepEqual(await valuesOn(backend, draw), expected, backend);
    await tf.setBackend(backends[0]!);
  });
});

describe('normal', () => {
  it('has the moments of the standard normal distribution', () => {
    const count = 100_000;
    const values = valuesOf(() => rngAt(3, 4).normal('n', [count]));
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / count;
    // Tolerances are five standard deviations of each estimate.
    assertCloseTo([moment(1), moment(2), moment(3), moment(4)], [0, 1, 0, 3], 0.16);
    assertCloseTo([moment(1), moment(2)], [0, 1], 0.023);
    assert.ok(values.every(Number.isFinite));
  });
});

describe('dropout', () => {
  const rate = 0.3;

  it('zeroes its share, scales the rest and so keeps the mean', () => {
    const values = valuesOf(() => dropout(tf.ones([100, 200]), rate, { rng: rngAt(1, 1), site: 'd' }));
    const kept = values.filter((value) => value !== 0);
    assertCloseTo([kept.length / values.length], [1 - rate], 0.02);
    assertCloseTo(kept, new Float32Array(kept.length).fill(1 / (1 - rate)), 1e-6);
    assertCloseTo([values.reduce((sum, value) => sum + value, 0) / values.length], [1], 0.03);
  });

  it('lets the gradient through where it let the value through', () => {
    const apply = (x: tf.Tensor) => dropout(x, rate, { rng: rngAt(1, 1), site: 'd' });
    const gradient = valuesOf(() => tf.grad(apply)(tf.ones([50])));
    assert.deepEqual(
      gradient,
      valuesOf(() => apply(tf.ones([50]))),
    );
  });

  it('is the identity at rate 0', () => {
    const x = tf.tensor1d([1, 2, 3]);
    assert.equal(dropout(x, 0, { rng: rngAt(1, 1), site: 'd' }), x);
  });
});

describe('spatialDropout', () => {
  it('drops whole channels of single images', () => {
    const [batch, height, width, channels] = [8, 3, 4, 64] as const;
    const dropped = tf.tidy(() =>
      spatialDropout(tf.ones([batch, height, width, channels]), 0.25, { rng: rngAt(1, 1), site: 's' }),
    );
    const perChannel = valuesOf(() => tf.sum(dropped, [1, 2]));
    const whole = (height * width) / 0.75;
    for (const sum of perChannel) assert.ok(sum === 0 || Math.abs(sum - whole) < 1e-3, `a channel sums to ${sum}`);
    const share = perChannel.filter((sum) => sum === 0).length / (batch * channels);
    assertCloseTo([share], [0.25], 0.1); // five standard deviations of 512 draws
    const images = new Set(Array.from({ length: batch }, (_, i) => String(perChannel.slice(i * channels, (i + 1) * channels))));
    assert.equal(images.size, batch, 'each image has channels of its own dropped');
  });
});
