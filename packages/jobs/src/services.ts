import type { QueueStatus } from '@scion/schema';
import { type AttemptService, createAttemptService } from './attempts/attempt-service.ts';
import { createChangeFeed } from './database/change-feed.ts';
import type { Database } from './database/database.ts';
import { createDatasetService, type DatasetService } from './datasets/dataset-service.ts';
import { createValidationService, type ValidationService } from './datasets/validation-service.ts';
import { type CheckpointService, createCheckpointService } from './jobs/checkpoint-service.ts';
import { createJobService, type JobService } from './jobs/job-service.ts';
import { createMirrorService, type MirrorService } from './jobs/mirror-service.ts';
import { createModelService, type ModelService } from './jobs/model-service.ts';
import { createDispatcher } from './queue/dispatcher.ts';
import type { WorkQueue } from './queue/work-queue.ts';
import { createReconciler, type Reconciler } from './reconciler.ts';
import { createWorkerService, type WorkerService } from './workers/worker-service.ts';

/** The whole domain, over one database and one queue. */
export type Services = {
  jobs: JobService;
  attempts: AttemptService;
  checkpoints: CheckpointService;
  models: ModelService;
  mirror: MirrorService;
  datasets: DatasetService;
  validations: ValidationService;
  workers: WorkerService;
  reconciler: Reconciler;
  queueStatus(): Promise<QueueStatus>;
  /** Ends what the services opened themselves; the database and the queue are their owner's to close, afterwards. */
  close(): Promise<void>;
};

export function createServices({
  database,
  queue,
  onError,
}: {
  database: Database;
  queue: WorkQueue;
  /** Hears of announcements that the queue did not take, which the reconciler repeats. */
  onError: (error: unknown) => void;
}): Services {
  const changes = createChangeFeed(database.url);
  const dispatcher = createDispatcher(queue, onError);
  const attempts = createAttemptService({ database, dispatcher });
  const validations = createValidationService({ database, dispatcher });
  const jobs = createJobService({ database, dispatcher, changes });
  const workers = createWorkerService({ database });
  return {
    jobs,
    attempts,
    checkpoints: createCheckpointService({ database }),
    models: createModelService({ database }),
    mirror: createMirrorService({ database }),
    datasets: createDatasetService({ database, dispatcher }),
    validations,
    workers,
    reconciler: createReconciler({ database, queue, attempts, validations, onError }),
    queueStatus: async () => ({ backend: queue.backend, jobs: await jobs.countByState(), ...(await workers.capacity()) }),
    close: () => changes.close(),
  };
}
