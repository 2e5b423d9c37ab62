import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planBatches } from './batches.ts';
import type { ExampleSet } from './examples.ts';
import { prefetch } from './prefetch.ts';

const plan = planBatches({ examples: 20, batchSize: 6, stepsPerEpoch: null, seed: 1 });
const row = { batchAt: plan.batchAt, isTraining: true };

const rows = Int32Array.from({ length: 20 }, (_, row) => row);

/** A set whose labels are the positions that were read; reads end when they are told to. */
function slowSet() {
  const reads: { step: number | undefined; end: () => void }[] = [];
  const set: ExampleSet = {
    length: 20,
    rows,
    readAhead: () => null,
    read: (positions, step) =>
      new Promise((resolve) => {
        const end = () => resolve({ images: new Uint8Array(), labels: Int32Array.from(positions) });
        reads.push({ step, end });
      }),
  };
  return { set, reads };
}

describe('prefetch', () => {
  it('gives the batches of a plan in order, from any step on', async () => {
    const { set, reads } = slowSet();
    const batches = prefetch(set, { ...row, first: 3, end: 8 });
    for (let step = 3; step < 8; step++) {
      for (const read of reads) read.end();
      assert.deepEqual([...(await batches.next()).labels], [...plan.batchAt(step)], `step ${step}`);
    }
    assert.deepEqual(
      reads.map(({ step }) => step),
      [3, 4, 5, 6, 7],
    );
    await assert.rejects(batches.next(), /no more batches/);
  });

  it('reads two batches ahead, and no more', async () => {
    const { set, reads } = slowSet();
    const batches = prefetch(set, { ...row, first: 0, end: 100 });
    assert.equal(reads.length, 2);
    reads[0]?.end();
    await batches.next();
    assert.equal(reads.length, 3);
    for (const read of reads) read.end();
    await batches.close();
  });

  it('tells of a failure when its batch is asked for', async () => {
    const failing: ExampleSet = {
      length: 20,
      rows,
      readAhead: () => null,
      read: async (positions, step) => {
        if (step === 1) throw new Error('the disk is gone');
        return { images: new Uint8Array(), labels: Int32Array.from(positions) };
      },
    };
    const batches = prefetch(failing, { ...row, first: 0, end: 5 });
    await batches.next();
    await assert.rejects(batches.next(), /the disk is gone/);
    await batches.close();
  });
});
