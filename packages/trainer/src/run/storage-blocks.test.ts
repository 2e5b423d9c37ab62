import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storageBlocks } from './storage-blocks.ts';

/** Of eight examples in each file. */
const shardOf = (index: number) => Math.floor(index / 8);

describe('storageBlocks', () => {
  it('lets a split of a few files be shuffled as a whole', () => {
    assert.equal(storageBlocks({ shardCount: 64, shardOf }, Int32Array.of(1, 2)), null);
  });

  it('counts the examples in each file of a larger one', () => {
    const all = Int32Array.from({ length: 65 * 8 }, (_, i) => i);
    assert.deepEqual(storageBlocks({ shardCount: 65, shardOf }, all), new Array(65).fill(8));
    const some = Int32Array.of(0, 7, 8, 23, 24, 25, 519);
    assert.deepEqual(storageBlocks({ shardCount: 65, shardOf }, some), [2, 1, 1, 2, 1]);
  });
});
