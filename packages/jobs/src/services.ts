import type { QueueStatus } from '@scion/schema';
import { type AuditService, createAuditService } from './access/audit-service.ts';
import { createKeyService, type KeyService } from './access/key-service.ts';
import { refuseStorageOverQuota } from './access/quotas.ts';
import { everyProject, type Scope } from './access/scope.ts';
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

/** What the API does with the records of one project: those of others do not exist here. */
export type ProjectServices = {
  jobs: JobService;
  limits: LimitService;
  checkpoints: CheckpointService;
  artifacts: ArtifactService;
  models: ModelService;
  datasets: DatasetService;
  trash: TrashService;
  workers: WorkerService;
  queueStatus(): Promise<QueueStatus>;
  /** Error `insufficientStorage` where the project may not store so many bytes more. */
  requireRoom(addedBytes: number): Promise<void>;
};

/** The whole domain, over one database and one queue. Those of the project services that stand here see every project. */
export type Services = ProjectServices & {
  attempts: AttemptService;
  mirror: MirrorService;
  validations: ValidationService;
  orphans: OrphanService;
  reconciler: Reconciler;
  consistency: ConsistencyCheck;
  keys: KeyService;
  audit: AuditService;
  forProject(scope: Scope): ProjectServices;
  /** Ends what the services opened themselves; the database and the queue are their owner's to close, afterwards. */
  close(): Promise<void>;
};

export function createServices({
  database,
  queue,
  trashDays = 30,
  auditDays = 365,
  onError,
}: {
  database: Database;
  queue: WorkQueue;
  /** How long deleted records can be restored. */
  trashDays?: number;
  /** How long the audit log goes back. */
  auditDays?: number;
  /** Hears of announcements that the queue did not take, which the reconciler repeats. */
  onError: (error: unknown) => void;
}): Services {
  const changes = createChangeFeed(database.url);
  const dispatcher = createDispatcher(queue, onError);
  const attempts = createAttemptService({ database, dispatcher });
  const validations = createValidationService({ database, dispatcher });
  const orphans = createOrphanService({ database });
  const audit = createAuditService({ database, keepDays: auditDays });
  const reconciler = createReconciler({ database, queue, attempts, validations, audit, onError });

  const createProjectServices = (scope: Scope | null): ProjectServices => {
    const jobs = createJobService({ database, dispatcher, changes, scope });
    const workers = createWorkerService({ database, scope });
    return {
      jobs,
      limits: createLimitService({ database, dispatcher, scope }),
      checkpoints: createCheckpointService({ database, scope }),
      artifacts: createArtifactService({ database, scope }),
      models: createModelService({ database, scope }),
      datasets: createDatasetService({ database, dispatcher, scope }),
      trash: createTrashService({ database, keepDays: trashDays, scope }),
      workers,
      queueStatus: async () => ({ backend: queue.backend, jobs: await jobs.countByState(), ...(await workers.capacity()) }),
      requireRoom: (addedBytes) => refuseStorageOverQuota(database.orm, scope, addedBytes),
    };
  };

  return {
    ...createProjectServices(everyProject),
    attempts,
    mirror: createMirrorService({ database }),
    validations,
    orphans,
    reconciler,
    consistency: createConsistencyCheck({ database, queue, orphans, reconciler }),
    keys: createKeyService({ database }),
    audit,
    forProject: createProjectServices,
    close: () => changes.close(),
  };
}
