export type { AuditService, NewAuditEntry } from './access/audit-service.ts';
export type { KeyService } from './access/key-service.ts';
export type { Quotas, Scope } from './access/scope.ts';
export type { DeathCode } from './attempts/attempt-ending.ts';
export type { AttemptRef } from './attempts/attempt-ref.ts';
export type {
  AttemptService,
  ClaimedAttempt,
  ClaimedRun,
  LeaseRenewal,
  SurplusCheckpoint,
} from './attempts/attempt-service.ts';
export type { ConsistencyCheck, StoredFiles } from './consistency/consistency-check.ts';
export { type Finding, type FindingCode, findingKinds } from './consistency/finding.ts';
export { type Database, migrate, openDatabase } from './database/database.ts';
export { isTransient } from './database/transient-error.ts';
export type { CreateDataset, CreatedDataset, DatasetService } from './datasets/dataset-service.ts';
export type { ClaimedValidation, FetchedUpload, ValidationRef, ValidationService } from './datasets/validation-service.ts';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './embedded-postgres/embedded-postgres.ts';
export type { CheckpointService, StoredCheckpoint } from './jobs/checkpoint-service.ts';
export type { Idempotency } from './jobs/idempotency.ts';
export type { JobCommand } from './jobs/job-actions.ts';
export type { JobService } from './jobs/job-service.ts';
export type { LimitService } from './jobs/limit-service.ts';
export type { JobVersion, MirrorService } from './jobs/mirror-service.ts';
export type { ImportedModel, ModelService, StoredModel } from './jobs/model-service.ts';
export type { NewJob, SubmitJobs } from './jobs/submit-job.ts';
export { createQueue, type QueueOptions } from './queue/bullmq-queue.ts';
export type { Consumer, HandleResult, QueueCounts, QueueEntry, WorkKind, WorkQueue } from './queue/work-queue.ts';
export type { Reconciler, Reconciliation } from './reconciler.ts';
export { type RepeatingTask, startRepeatingTask } from './repeating-task.ts';
export { createServices, type ProjectServices, type Services } from './services.ts';
export type { OrphanService } from './trash/orphan-service.ts';
export type { TrashService } from './trash/trash-service.ts';
export type { WorkerService } from './workers/worker-service.ts';
