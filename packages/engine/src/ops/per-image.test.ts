import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { choosePerImage } from './per-image.ts';
import { philoxUniform } from './philox.ts';

const [chosen, others] = [philoxUniform(12, 1, 1), philoxUniform(6, 1, 2)];
const isChosen = [true, false, true];

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
});

describe('choosePerImage', () => {
  it('gives the very values of one or the other, image by image, each of its channels', async () => {
    const expected = Array.from({ length: 12 }, (_, i) =>
      isChosen[Math.floor(i / 4)] ? chosen[i]! : others[Math.floor(i / 2)]!,
    );
    for (const backend of backends) {
      const values = await valuesOn(backend, () =>
        choosePerImage(tf.tensor1d(isChosen, 'bool'), tf.tensor4d(chosen, [3, 2, 1, 2]), tf.tensor4d(others, [3, 2, 1, 1])),
      );
      assert.deepEqual(values, expected);
    }
  });
});
