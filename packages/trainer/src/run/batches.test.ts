import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planBatches } from './batches.ts';

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
