import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { countLevels, levelCount, lookUp, toLevels } from './levels.ts';
import { createPhilox } from './philox.ts';

const shape: [number, number, number, number] = [3, 4, 5, 2];
const next = createPhilox(3, 4);
const levels = Int32Array.from({ length: 3 * 4 * 5 * 2 }, () => (next() % 4) * 85);
/** The table that a level of the batch belongs to: one for each image and channel. */
const tableAt = (index: number) => Math.floor(index / (4 * 5 * 2)) * 2 + (index % 2);

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
});

describe('toLevels', () => {
  it('takes each byte to [0, 1] and back, and what lies outside to the nearest', async () => {
    const bytes = Float32Array.from({ length: levelCount }, (_, level) => level / 255);
    for (const backend of backends) {
      assert.deepEqual(
        await valuesOn(backend, () => toLevels(tf.tensor4d(bytes, [1, 16, 16, 1]))),
        Array.from({ length: levelCount }, (_, level) => level),
      );
      assert.deepEqual(await valuesOn(backend, () => toLevels(tf.tensor4d([-0.1, 0.5019, 1.2], [1, 1, 3, 1]))), [0, 128, 255]);
    }
  });
});

describe('countLevels', () => {
  it('counts each image and channel for itself', async () => {
    const expected = new Array<number>(3 * 2 * levelCount).fill(0);
    for (const [index, level] of levels.entries()) expected[tableAt(index) * levelCount + level]! += 1;
    for (const backend of backends) {
      assert.deepEqual(await valuesOn(backend, () => countLevels(tf.tensor4d(levels, shape, 'int32'))), expected);
    }
  });
});

describe('lookUp', () => {
  it('reads each pixel in the table of its image and channel', async () => {
    const tables = Float32Array.from({ length: 3 * 2 * levelCount }, (_, i) => i);
    const expected = Array.from(levels, (level, index) => tableAt(index) * levelCount + level);
    for (const backend of backends) {
      const values = await valuesOn(backend, () =>
        lookUp(tf.tensor3d(tables, [3, 2, levelCount]), tf.tensor4d(levels, shape, 'int32')),
      );
      assert.deepEqual(values, expected);
    }
  });
});
