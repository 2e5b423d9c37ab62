import { batchesAhead } from './batch-buffers.ts';
import type { ExampleBatch, ExampleSet } from './examples.ts';

/** Batches one after the other. */
export type Batches = {
  next(): Promise<ExampleBatch>;
  /** Waits for the batches that are being read: nothing may read on once the data are closed. */
  close(): Promise<void>;
};

export type BatchRow = {
  batchAt(number: number): ArrayLike<number>;
  /** Number of the first batch. */
  first: number;
  /** Number of the batch after the last one. */
  end: number;
  /** Whether the number of a batch is the step of training that it is for; else they are for evaluation. */
  isTraining: boolean;
};

/** Reads the next batches while the present one is computed with. */
export function prefetch(examples: ExampleSet, { batchAt, first, end, isTraining }: BatchRow): Batches {
  const ahead: Promise<ExampleBatch>[] = [];
  const fetching = examples.readAhead(
    (function* () {
      for (let number = first; number < end; number++) yield batchAt(number);
    })(),
  );
  let next = first;
  const readOn = () => {
    while (next < end && ahead.length < batchesAhead) {
      const batch = examples.read(batchAt(next), isTraining ? next : undefined);
      fetching?.next();
      batch.catch(() => undefined); // `next` tells of the failure, which may be long after it
      ahead.push(batch);
      next++;
    }
  };
  readOn();
  return {
    async next() {
      const batch = await ahead.shift();
      if (!batch) throw new Error('There are no more batches in this run');
      readOn();
      return batch;
    },
    async close() {
      fetching?.close();
      await Promise.allSettled(ahead);
    },
  };
}
