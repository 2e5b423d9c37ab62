import type {
  DatasetIssue,
  DatasetReport,
  DatasetSource,
  EventType,
  ImportReport,
  JobArtifactKind,
  JobError,
  JobEvent,
  JobKind,
  JobMetrics,
  JobProgress,
  JobResult,
  JobSpec,
  KeyScope,
  MakeSplits,
  Model,
  ReadOptions,
  StopRequest,
} from '@scion/schema';
import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';

/** Whose records they are: a project's, made with an API key, or without one. */
const ownership = { project: text('project').notNull().default('default'), owner: text('owner') };

const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });
const bytes = (name: string) => bigint(name, { mode: 'number' });
const counter = (name: string) => bigint(name, { mode: 'number' });

export const datasets = pgTable(
  'datasets',
  {
    id: text('id').primaryKey(),
    ...ownership,
    name: text('name').notNull(),
    state: text('state', { enum: ['validating', 'ready', 'invalid'] })
      .notNull()
      .default('validating'),
    /** What the uploader asked for; the format that was found stands in the report. */
    format: text('format').notNull(),
    fileName: text('file_name').notNull(),
    sizeBytes: bytes('size_bytes').notNull(),
    source: jsonb('source').$type<DatasetSource>().notNull().default({ type: 'upload' }),
    split: jsonb('split').$type<MakeSplits>(),
    options: jsonb('options').$type<ReadOptions>().notNull().default({ policy: 'skip', columns: {} }),
    /** Of the uploaded bytes; null until the server has fetched them. */
    sha256: text('sha256'),
    /** The data set in whose folder the upload stands, where the same bytes came before; null for its own. */
    uploadOf: text('upload_of'),
    report: jsonb('report').$type<DatasetReport>(),
    issues: jsonb('issues').$type<DatasetIssue[]>().notNull().default([]),
    error: jsonb('error').$type<{ code: string; message: string }>(),
    /** Counts the tries at validating it; the fencing token of what a validation writes. */
    attempt: integer('attempt').notNull().default(0),
    /** Tries that ended with the death of the validating process or its worker. */
    deaths: integer('deaths').notNull().default(0),
    workerId: text('worker_id'),
    leaseUntil: moment('lease_until'),
    /** When it was moved to the trash; null where it was not. */
    deletedAt: moment('deleted_at'),
    createdAt: moment('created_at').notNull().default(sql`clock_timestamp()`),
    updatedAt: moment('updated_at').notNull().default(sql`clock_timestamp()`),
  },
  (table) => [
    index('datasets_by_state').on(table.state, table.id),
    index('datasets_by_sha256').on(table.sha256),
    index('datasets_by_upload').on(table.uploadOf),
    index('datasets_by_project').on(table.project, table.id),
  ],
);

export const jobs = pgTable(
  'jobs',
  {
    id: text('id').primaryKey(),
    ...ownership,
    kind: text('kind').$type<JobKind>().notNull(),
    name: text('name').notNull(),
    state: text('state', {
      enum: ['blocked', 'queued', 'running', 'retrying', 'paused', 'succeeded', 'failed', 'cancelled'],
    }).notNull(),
    spec: jsonb('spec').$type<JobSpec>().notNull(),
    /** No foreign key: a data set may be deleted once its jobs are finished. */
    datasetId: text('dataset_id').notNull(),
    tags: text('tags').array().notNull().default(sql`'{}'`),
    priority: integer('priority').notNull().default(0),
    attempt: integer('attempt').notNull().default(0),
    progress: jsonb('progress').$type<JobProgress>().notNull(),
    metrics: jsonb('metrics').$type<JobMetrics>().notNull(),
    result: jsonb('result').$type<JobResult>(),
    error: jsonb('error').$type<JobError>(),
    /** Why the running attempt was asked to stop; `keep` also stands on a job that waits for a slot to make a model of a checkpoint. */
    stopRequested: text('stop_requested').$type<StopRequest>(),
    /** Deaths of attempts in all, held against the spec's `maxRestarts`. */
    deaths: integer('deaths').notNull().default(0),
    /** Deaths since the last new checkpoint. */
    deathsInARow: integer('deaths_in_a_row').notNull().default(0),
    /** How often its loss was no longer a number, and the learning rate was lowered for another try. */
    divergences: integer('divergences').notNull().default(0),
    /** No attempt starts before; null for at once. */
    nextTryAt: moment('next_try_at'),
    /** Checkpoints from before are not resumed from: the job was retried from its start. */
    startedOverAt: moment('started_over_at'),
    workerId: text('worker_id'),
    leaseUntil: moment('lease_until'),
    deadlineAt: moment('deadline_at'),
    /** Goes up with each write. */
    version: counter('version').notNull().default(1),
    /** The version whose copy stands in the artifact store. */
    mirroredVersion: counter('mirrored_version').notNull().default(0),
    createdAt: moment('created_at').notNull().default(sql`clock_timestamp()`),
    startedAt: moment('started_at'),
    finishedAt: moment('finished_at'),
    /** When it was moved to the trash; null where it was not. */
    deletedAt: moment('deleted_at'),
    updatedAt: moment('updated_at').notNull().default(sql`clock_timestamp()`),
  },
  (table) => [
    index('jobs_by_state').on(table.state, table.priority, table.createdAt),
    index('jobs_in_line').on(table.priority.desc(), table.createdAt, table.id).where(sql`state in ('queued', 'retrying')`),
    index('jobs_by_dataset').on(table.datasetId),
    index('jobs_by_project').on(table.project, table.id),
    index('jobs_to_mirror').on(table.updatedAt).where(sql`version <> mirrored_version`),
  ],
);

export const jobDependencies = pgTable(
  'job_dependencies',
  {
    jobId: text('job_id')
      .notNull()
      .references(() => jobs.id),
    dependsOn: text('depends_on')
      .notNull()
      .references(() => jobs.id),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.dependsOn] }),
    index('job_dependencies_by_dependency').on(table.dependsOn),
  ],
);

export const attempts = pgTable(
  'attempts',
  {
    jobId: text('job_id')
      .notNull()
      .references(() => jobs.id),
    number: integer('number').notNull(),
    workerId: text('worker_id').notNull(),
    state: text('state', { enum: ['running', 'succeeded', 'failed', 'died', 'stopped'] })
      .notNull()
      .default('running'),
    error: jsonb('error').$type<JobError>(),
    startedAt: moment('started_at').notNull().default(sql`clock_timestamp()`),
    endedAt: moment('ended_at'),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.number] })],
);

export const events = pgTable(
  'events',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    jobId: text('job_id')
      .notNull()
      .references(() => jobs.id),
    attempt: integer('attempt').notNull(),
    type: text('type').$type<EventType>().notNull(),
    level: text('level').$type<JobEvent['level']>().notNull(),
    message: text('message').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>().notNull(),
    at: moment('at').notNull().default(sql`clock_timestamp()`),
  },
  (table) => [index('events_by_job').on(table.jobId, table.id)],
);

export const metrics = pgTable(
  'metrics',
  {
    jobId: text('job_id')
      .notNull()
      .references(() => jobs.id),
    name: text('name').notNull(),
    step: integer('step').notNull(),
    value: doublePrecision('value').notNull(),
    attempt: integer('attempt').notNull(),
    at: moment('at').notNull().default(sql`clock_timestamp()`),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.name, table.step] })],
);

export const checkpoints = pgTable(
  'checkpoints',
  {
    id: text('id').primaryKey(),
    jobId: text('job_id')
      .notNull()
      .references(() => jobs.id),
    attempt: integer('attempt').notNull(),
    key: text('key').notNull(),
    epoch: doublePrecision('epoch').notNull(),
    step: integer('step').notNull(),
    metrics: jsonb('metrics').$type<Record<string, number>>().notNull(),
    sizeBytes: bytes('size_bytes').notNull(),
    sha256: text('sha256').notNull(),
    /** A trainer found it damaged. */
    isCorrupt: boolean('is_corrupt').notNull().default(false),
    createdAt: moment('created_at').notNull().default(sql`clock_timestamp()`),
  },
  (table) => [index('checkpoints_by_job').on(table.jobId, table.createdAt)],
);

/** An attempt that goes over the same steps again writes the same names again. */
export const jobArtifacts = pgTable(
  'job_artifacts',
  {
    jobId: text('job_id')
      .notNull()
      .references(() => jobs.id),
    name: text('name').notNull(),
    kind: text('kind').$type<JobArtifactKind>().notNull(),
    epoch: doublePrecision('epoch').notNull(),
    step: integer('step').notNull(),
    mediaType: text('media_type').notNull(),
    sizeBytes: bytes('size_bytes').notNull(),
    sha256: text('sha256').notNull(),
    createdAt: moment('created_at').notNull().default(sql`clock_timestamp()`),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.name] })],
);

export const models = pgTable(
  'models',
  {
    id: text('id').primaryKey(),
    ...ownership,
    /** Null, as are the method and the data set, for an imported model. */
    jobId: text('job_id').references(() => jobs.id),
    name: text('name').notNull(),
    kind: text('kind').$type<Model['kind']>().notNull(),
    key: text('key').notNull(),
    backbone: jsonb('backbone').$type<{ type: string }>().notNull(),
    method: text('method'),
    inputShape: integer('input_shape').array().notNull(),
    classNames: text('class_names').array().notNull(),
    parameterCount: bigint('parameter_count', { mode: 'number' }).notNull(),
    metrics: jsonb('metrics').$type<Record<string, number>>().notNull(),
    datasetId: text('dataset_id'),
    datasetSha256: text('dataset_sha256'),
    sizeBytes: bytes('size_bytes').notNull(),
    sha256: text('sha256').notNull(),
    importReport: jsonb('import_report').$type<ImportReport>(),
    /** When it was moved to the trash; null where it was not. */
    deletedAt: moment('deleted_at'),
    createdAt: moment('created_at').notNull().default(sql`clock_timestamp()`),
  },
  (table) => [
    index('models_by_job').on(table.jobId),
    index('models_by_dataset').on(table.datasetId),
    index('models_by_project').on(table.project, table.id),
  ],
);

export const workers = pgTable('workers', {
  id: text('id').primaryKey(),
  host: text('host').notNull(),
  /** What tells whose process ids are whose: two containers on one host may both have a process 7. */
  processSpace: text('process_space').notNull().default(''),
  pid: integer('pid').notNull(),
  /** What each slot runs on, such as `cpu` or `gpu:0`. */
  devices: text('devices').array().notNull(),
  draining: boolean('draining').notNull().default(false),
  startedAt: moment('started_at').notNull().default(sql`clock_timestamp()`),
  lastSeenAt: moment('last_seen_at').notNull().default(sql`clock_timestamp()`),
});

export const tagLimits = pgTable(
  'tag_limits',
  {
    project: text('project').notNull().default('default'),
    tag: text('tag').notNull(),
    maxRunning: integer('max_running').notNull(),
    updatedAt: moment('updated_at').notNull().default(sql`clock_timestamp()`),
  },
  (table) => [primaryKey({ columns: [table.project, table.tag] })],
);

export const apiKeys = pgTable('api_keys', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  project: text('project').notNull(),
  scopes: text('scopes').array().$type<KeyScope[]>().notNull(),
  start: text('start').notNull(),
  hash: text('hash').notNull().unique(),
  createdAt: moment('created_at').notNull().default(sql`clock_timestamp()`),
  expiresAt: moment('expires_at'),
  lastUsedAt: moment('last_used_at'),
  revokedAt: moment('revoked_at'),
});

export const auditLog = pgTable(
  'audit_log',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    at: moment('at').notNull().default(sql`clock_timestamp()`),
    keyId: text('key_id'),
    project: text('project').notNull(),
    action: text('action').notNull(),
    recordId: text('record_id'),
    status: integer('status'),
    requestId: text('request_id').notNull(),
    address: text('address').notNull(),
  },
  (table) => [index('audit_log_by_time').on(table.at)],
);

export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    scope: text('scope').notNull(),
    key: text('key').notNull(),
    bodyHash: text('body_hash').notNull(),
    /** Of a request that made several records, their ids with spaces between. */
    recordId: text('record_id').notNull(),
    createdAt: moment('created_at').notNull().default(sql`clock_timestamp()`),
  },
  (table) => [primaryKey({ columns: [table.scope, table.key] })],
);
