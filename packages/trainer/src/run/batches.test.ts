import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { partOfRank, planBatches } from './batches.ts';

const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('planBatches, one epoch a pass', () => {
  const plan = planBatches({ examples: 10, batchSize: 4, stepsPerEpoch: null, seed: 1 });
  const epoch = (number: number) => upTo(3).map((step) => [...plan.batchAt(3 * number + step)]);

  it('shows each example once an epoch, the last batch being smaller', () => {
    assert.equal(plan.stepsPerEpoch, 3);
    for (const number of [0, 1, 7]) {
      assert.deepEqual(
        epoch(number).map(({ length }) => length),
        [4, 4, 2],
      );
      assert.deepEqual(sorted(epoch(number).flat()), upTo(10));
    }
  });

  it('shuffles each epoch anew', () => {
    const orders = new Set(upTo(20).map((number) => String(epoch(number).flat())));
    assert.equal(orders.size, 20);
  });

  it('is a function of seed and step alone, in whatever order it is asked', () => {
    const again = planBatches({ examples: 10, batchSize: 4, stepsPerEpoch: null, seed: 1 });
    for (const step of [8, 0, 5, 5, 2]) assert.deepEqual(again.batchAt(step), plan.batchAt(step));
    const other = planBatches({ examples: 10, batchSize: 4, stepsPerEpoch: null, seed: 2 });
    assert.notDeepEqual(upTo(3).map(other.batchAt), upTo(3).map(plan.batchAt));
  });

  it('takes a batch larger than the data as the whole of it', () => {
    const whole = planBatches({ examples: 3, batchSize: 100, stepsPerEpoch: null, seed: 0 });
    assert.equal(whole.stepsPerEpoch, 1);
    assert.deepEqual(sorted(whole.batchAt(5)), [0, 1, 2]);
  });
});

describe('planBatches with stepsPerEpoch', () => {
  it('gives full batches out of an endless row of passes', () => {
    const plan = planBatches({ examples: 10, batchSize: 4, stepsPerEpoch: 2, seed: 1 });
    assert.equal(plan.stepsPerEpoch, 2);
    const row = upTo(10).flatMap((step) => [...plan.batchAt(step)]);
    assert.equal(row.length, 40);
    for (const pass of upTo(4)) assert.deepEqual(sorted(row.slice(10 * pass, 10 * pass + 10)), upTo(10), `pass ${pass}`);
  });

  it('fills a batch larger than the data from several passes', () => {
    const plan = planBatches({ examples: 3, batchSize: 7, stepsPerEpoch: 5, seed: 1 });
    const batch = [...plan.batchAt(0)];
    assert.deepEqual(sorted(batch.slice(0, 3)), [0, 1, 2]);
    assert.deepEqual(sorted(batch.slice(3, 6)), [0, 1, 2]);
    assert.equal(batch.length, 7);
  });

  it('is a function of seed and step alone', () => {
    const plans = upTo(2).map(() => planBatches({ examples: 10, batchSize: 4, stepsPerEpoch: 2, seed: 1 }));
    assert.deepEqual(plans[0]?.batchAt(9), plans[1]?.batchAt(9));
  });
});

describe('planBatches with blocks', () => {
  const blocks = [3, 4, 2, 5, 6];
  const options = { examples: 20, blocks, batchSize: 6, seed: 1 };

  it('shows each example once an epoch, and is a function of seed and step alone', () => {
    const plan = planBatches({ ...options, stepsPerEpoch: null });
    assert.deepEqual(sorted(upTo(4).flatMap((step) => [...plan.batchAt(4 + step)])), upTo(20));
    const again = planBatches({ ...options, stepsPerEpoch: null });
    for (const step of [7, 0, 3]) assert.deepEqual(again.batchAt(step), plan.batchAt(step));
  });
});

describe('partOfRank', () => {
  it('divides a batch between ranks, as equally as can be, leaving nothing out', () => {
    for (const length of [0, 1, 7, 64, 100]) {
      for (const ranks of [1, 2, 3, 8]) {
        const batch = Uint32Array.from({ length }, (_, i) => 3 * i);
        const parts = upTo(ranks).map((rank) => partOfRank(batch, { rank, ranks }));
        assert.deepEqual(
          parts.flatMap((part) => [...part]),
          [...batch],
        );
        const lengths = parts.map((part) => part.length);
        assert.ok(Math.max(...lengths) - Math.min(...lengths) <= 1, `${length} examples, ${ranks} ranks: ${lengths}`);
      }
    }
  });
});
