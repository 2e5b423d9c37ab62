import type { WorkQueue } from './work-queue.ts';

/** Announces committed work. Never fails: what the queue did not take stands in PostgreSQL, and the reconciler adds it later. */
export type Dispatcher = {
  dispatchJobs(jobs: readonly { id: string; priority: number }[]): Promise<void>;
  dispatchDatasets(datasets: readonly { id: string }[]): Promise<void>;
};

export function createDispatcher(queue: WorkQueue, onError: (error: unknown) => void): Dispatcher {
  return {
    dispatchJobs: (jobs) =>
      queue
        .add(
          'job',
          jobs.map(({ id, priority }) => ({ id, priority })),
        )
        .catch(onError),
    dispatchDatasets: (datasets) =>
      queue
        .add(
          'dataset',
          datasets.map(({ id }) => ({ id, priority: 0 })),
        )
        .catch(onError),
  };
}
