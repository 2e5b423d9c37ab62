import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storageBlocks } from './storage-blocks.ts';

const gib = 2 ** 30;

describe('storageBlocks', () => {
  it('lets a split of up to 1 GiB be shuffled as a whole', () => {
    assert.equal(storageBlocks({ storedBytes: gib, length: 10 }, Int32Array.of(1, 2)), null);
  });

  it('counts the examples in each 16 MiB of a larger one', () => {
    const length = 2048; // of 2 MiB each: eight in a block
    const all = Int32Array.from({ length }, (_, i) => i);
    assert.deepEqual(storageBlocks({ storedBytes: 4 * gib, length }, all), new Array(256).fill(8));
    const some = Int32Array.of(0, 7, 8, 23, 24, 25, 2047);
    assert.deepEqual(storageBlocks({ storedBytes: 4 * gib, length }, some), [2, 1, 1, 2, 1]);
  });

  it('takes examples that are larger than a block one by one', () => {
    assert.deepEqual(storageBlocks({ storedBytes: 4 * gib, length: 100 }, Int32Array.of(3, 4, 9)), [1, 1, 1]);
  });
});
