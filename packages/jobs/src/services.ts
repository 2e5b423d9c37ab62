import type { QueueStatus } from '@scion/schema';
import { type AttemptService, createAttemptService } from './attempts/attempt-service.ts';
import { type ConsistencyCheck, createConsistencyCheck } from './consistency/consistency-check.ts';
import { createChangeFeed } from './database/change-feed.ts';
import type { Database } from './database/database.ts';
import { createDatasetService, type DatasetService } from './datasets/dataset-service.ts';
import { createValidationService, type ValidationService } from './datasets/validation-service.ts';
import { type ArtifactService, createArtifactService } from './jobs/artifact-service.ts';
import { type CheckpointService, createCheckpointService } from './jobs/checkpoint-service.ts';
import { createJobService, type JobService } from './jobs/job-service.ts';
import { createLimitService, type LimitService } from './jobs/limit-service.ts';
import { createMirrorService, type MirrorService } from './jobs/mirror-service.ts';
import { createModelService, type ModelService } from './jobs/model-service.ts';
import { createDispatcher } from './queue/dispatcher.ts';
import type { WorkQueue } from './queue/work-queue.ts';
import { createReconciler, type Reconciler } from './reconciler.ts';
import { createOrphanService, type OrphanService } from './trash/orphan-service.ts';
import { createTrashService, type TrashService } from './trash/trash-service.ts';
import { createWorkerService, type WorkerService } from './workers/worker-service.ts';

/** The whole domain, over one database and one queue. */
export type Services = {
  jobs: JobService;
  limits: LimitService;
  attempts: AttemptService;
  checkpoints: CheckpointService;
  artifacts: ArtifactService;
  models: ModelService;
  mirror: MirrorService;
  datasets: DatasetService;
  validations: ValidationService;
  trash: TrashService;
  orphans: OrphanService;
  workers: WorkerService;
  reconciler: Reconciler;
  consistency: ConsistencyCheck;
  queueStatus(): Promise<QueueStatus>;
  /** Ends what the services opened themselves; the database and the queue are their owner's to close, afterwards. */
  close(): Promise<void>;
};

export function createServices({
  database,
  queue,
  trashDays = 30,
  onError,
}: {
  database: Database;
  queue: WorkQueue;
  /** How long deleted records can be restored. */
  trashDays?: number;
  /** Hears of announcements that the queue did not take, which the reconciler repeats. */
  onError: (error: unknown) => void;
}): Services {
  const changes = createChangeFeed(database.url);
  const dispatcher = createDispatcher(queue, onError);
  const attempts = createAttemptService({ database, dispatcher });
  const validations = createValidationService({ database, dispatcher });
  const jobs = createJobService({ database, dispatcher, changes });
  const workers = createWorkerService({ database });
  const orphans = createOrphanService({ database });
  const reconciler = createReconciler({ database, queue, attempts, validations, onError });
  return {
    jobs,
    limits: createLimitService({ database, dispatcher }),
    attempts,
    checkpoints: createCheckpointService({ database }),
    artifacts: createArtifactService({ database }),
    models: createModelService({ database }),
    mirror: createMirrorService({ database }),
    datasets: createDatasetService({ database, dispatcher }),
    validations,
    trash: createTrashService({ database, keepDays: trashDays }),
    orphans,
    workers,
    reconciler,
    consistency: createConsistencyCheck({ database, queue, orphans, reconciler }),
    queueStatus: async () => ({ backend: queue.backend, jobs: await jobs.countByState(), ...(await workers.capacity()) }),
    close: () => changes.close(),
  };
}
