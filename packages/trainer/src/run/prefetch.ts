import { batchesAhead } from './batch-buffers.ts';
import type { BatchPlan } from './batches.ts';
import type { ExampleBatch, ExampleSet } from './examples.ts';

/** The batches of a run, one after the other. */
export type Batches = {
  next(): Promise<ExampleBatch>;
  /** Waits for the batches that are being read: nothing may read on once the data are closed. */
  close(): Promise<void>;
};

/** Reads the next batches while the present one trains. */
export function prefetch(
  examples: ExampleSet,
  { plan, firstStep, totalSteps }: { plan: BatchPlan; firstStep: number; totalSteps: number },
): Batches {
  const ahead: Promise<ExampleBatch>[] = [];
  let step = firstStep;
  const readOn = () => {
    while (step < totalSteps && ahead.length < batchesAhead) {
      const batch = examples.read(plan.batchAt(step), step);
      batch.catch(() => undefined); // `next` tells of the failure, which may be long after it
      ahead.push(batch);
      step++;
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
      await Promise.allSettled(ahead);
    },
  };
}
