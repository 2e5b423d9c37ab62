import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addWeighted, microBatches, microBatchNumber, microBatchSizes } from './micro-batches.ts';

describe('microBatches', () => {
  it('are full but for the last, and count by their examples', () => {
    assert.deepEqual(microBatches(10, 4), [
      { start: 0, size: 4, share: 0.4 },
      { start: 4, size: 4, share: 0.4 },
      { start: 8, size: 2, share: 0.2 },
    ]);
    assert.deepEqual(microBatches(4, 4), [{ start: 0, size: 4, share: 1 }]);
    assert.deepEqual(microBatches(3, 4), [{ start: 0, size: 3, share: 1 }]);
  });

  it('have every size that is to be recorded', () => {
    assert.deepEqual(microBatchSizes([16, 10], 4), [4, 2]);
    assert.deepEqual(microBatchSizes([16, 3], 8), [8, 3]);
    assert.deepEqual(microBatchSizes([100], 100), [100]);
  });

  it('are numbered without gap or repetition over the steps', () => {
    const numbers = [0, 1, 2].flatMap((step) => [0, 1, 2, 3].map((index) => microBatchNumber(step, index, 4)));
    assert.deepEqual(
      numbers,
      Array.from({ length: 12 }, (_, i) => i),
    );
    assert.equal(microBatchNumber(7, 0, 1), 7, 'a step of one batch is numbered as before');
  });
});

describe('addWeighted', () => {
  it('gives the mean over examples', () => {
    const parts = [
      { share: 0.75, numbers: { loss: 2, accuracy: 1 } },
      { share: 0.25, numbers: { loss: 6, accuracy: 0 } },
    ];
    const mean = parts.reduce<Record<string, number>>((sums, { share, numbers }) => addWeighted(sums, numbers, share), {});
    assert.deepEqual(mean, { loss: 3, accuracy: 0.75 });
  });
});
