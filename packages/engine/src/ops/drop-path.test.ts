import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { dropPath } from './drop-path.ts';
import { createRng, stepKey } from './random.ts';

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
});

const examples = 4000;
const dropped = (site: string, rate = 0.25) => dropPath(tf.ones([examples, 2, 3]), rate, { rng: createRng(stepKey(1, 2)), site });

describe('dropPath', () => {
  it('drops whole examples, as often as asked, and scales the others up', async () => {
    for (const backend of backends) {
      const values = await valuesOn(backend, () => dropped('path'));
      const sums = Array.from({ length: examples }, (_, i) => values.slice(6 * i, 6 * i + 6));
      for (const example of sums) assert.equal(new Set(example).size, 1, 'an example falls or stays as a whole');
      const scaled = Math.fround(1 / 0.75);
      assert.deepEqual(new Set(values.map((value) => value.toFixed(5))), new Set(['0.00000', scaled.toFixed(5)]));
      const share = sums.filter(([first]) => first === 0).length / examples;
      assert.ok(Math.abs(share - 0.25) < 4 * Math.sqrt((0.25 * 0.75) / examples), `${share} dropped`);
    }
  });

  it('drops other examples at another site, the same at the same, and none at rate 0', async () => {
    for (const backend of backends) {
      const first = await valuesOn(backend, () => dropped('a'));
      assert.deepEqual(await valuesOn(backend, () => dropped('a')), first);
      assert.notDeepEqual(await valuesOn(backend, () => dropped('b')), first);
      assert.deepEqual(new Set(await valuesOn(backend, () => dropped('a', 0))), new Set([1]));
    }
  });
});
