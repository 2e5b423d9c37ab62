import {
  type Job,
  type JobAction,
  type JobEvent,
  type JobFilter,
  type JobState,
  type ListEvents,
  type ListJobs,
  type MetricColumns,
  type MetricPoint,
  type MetricsQuery,
  type Page,
  ScionError,
} from '@scion/schema';
import type { Scope } from '../access/scope.ts';
import type { ChangeFeed } from '../database/change-feed.ts';
import type { Database } from '../database/database.ts';
import type { Dispatcher } from '../queue/dispatcher.ts';
import type { Idempotency } from './idempotency.ts';
import { actOnJob, type JobCommand } from './job-actions.ts';
import { readMetricColumns, readMetricPoints } from './job-metrics.ts';
import {
  actionableJobs,
  countJobsByState,
  listJobEvents,
  listJobs,
  readJob,
  withForecast,
  withForecasts,
} from './job-queries.ts';
import { findEarlierJobs, insertJobs, type NewJob, type SubmitJobs } from './submit-job.ts';

/** What clients do with jobs. Ids that do not exist are a `notFound` error everywhere. */
export type JobService = {
  /**
   * Accepts a job: when it resolves, the job is durable. `replayed` says that the same Idempotency-Key made it before.
   * Errors: `idempotencyKeyReused`, `validationFailed` (no such data set or dependency), `datasetNotReady`, `dependencyFailed`.
   */
  submit(request: NewJob & { idempotency?: Idempotency | undefined }): Promise<{ job: Job; replayed: boolean }>;
  /** Accepts several jobs, each of which may depend on those before it: all, or none. */
  submitAll(request: SubmitJobs): Promise<{ jobs: Job[]; replayed: boolean }>;
  /** The jobs that the same Idempotency-Key made before; null where there are none. Error `idempotencyKeyReused`. */
  findSubmitted(idempotency: Idempotency): Promise<Job[] | null>;
  get(jobId: string): Promise<Job>;
  /** Newest first; `after` is the id of the last job of the page before. */
  list(query: ListJobs): Promise<Page<Job>>;
  /**
   * Does what `jobActions` says: at once to a job that waits, by asking its worker to a running one. Error `conflict` where the
   * job's state does not take the action. `replayed` says that the same Idempotency-Key did it before.
   */
  act(
    jobId: string,
    command: JobCommand,
    options?: { idempotency?: Idempotency | undefined },
  ): Promise<{ job: Job; replayed: boolean }>;
  /** Ids of the jobs that match and whose state takes the action, oldest first. */
  actionable(action: JobAction, filter: JobFilter, limit: number): Promise<{ ids: string[]; hasMore: boolean }>;
  /** Oldest first; `after` is an event's id. */
  listEvents(jobId: string, query: ListEvents): Promise<Page<JobEvent>>;
  metrics(jobId: string, query?: MetricsQuery): Promise<MetricColumns>;
  /** Every point, in the order of steps, as a mirror in the artifact store needs them. */
  metricPoints(jobId: string): Promise<MetricPoint[]>;
  countByState(): Promise<Record<JobState, number>>;
  /**
   * Calls `listener` after each change of the job, whichever process made it; a listener reads the job again and never counts
   * calls. Returns what ends the subscription.
   */
  onJobChange(jobId: string, listener: () => void): () => void;
};

export function createJobService({
  database: { orm },
  dispatcher,
  changes,
  scope,
}: {
  database: Database;
  dispatcher: Dispatcher;
  changes: ChangeFeed;
  scope: Scope | null;
}): JobService {
  const submitAll: JobService['submitAll'] = async (request) => {
    const { rows, replayed } = await orm.transaction((tx) => insertJobs(tx, { ...request, scope }));
    if (!replayed) await dispatcher.dispatchJobs(rows.filter(({ state }) => state === 'queued'));
    return { jobs: await withForecasts(orm, rows), replayed };
  };

  return {
    async submit({ idempotency, ...job }) {
      const { jobs, replayed } = await submitAll({ jobs: [job], idempotency });
      const [submitted] = jobs;
      if (!submitted) throw new ScionError('internal', 'A job was submitted and is not there');
      return { job: submitted, replayed };
    },

    submitAll,

    async findSubmitted(idempotency) {
      const rows = await orm.transaction((tx) => findEarlierJobs(tx, idempotency, scope));
      return rows && (await withForecasts(orm, rows));
    },

    get: async (jobId) => withForecast(orm, await readJob(orm, jobId, scope)),

    list: (query) => listJobs(orm, query, scope),

    async act(jobId, command, { idempotency } = {}) {
      const { row, toDispatch, replayed } = await orm.transaction((tx) => actOnJob(tx, { jobId, command, idempotency, scope }));
      await dispatcher.dispatchJobs(toDispatch);
      return { job: await withForecast(orm, row), replayed };
    },

    actionable: (action, filter, limit) => actionableJobs(orm, { action, filter, limit, scope }),

    async listEvents(jobId, query) {
      await readJob(orm, jobId, scope);
      return await listJobEvents(orm, jobId, query);
    },

    async metrics(jobId, { every } = {}) {
      await readJob(orm, jobId, scope);
      return readMetricColumns(orm, jobId, every);
    },

    metricPoints: (jobId) => readMetricPoints(orm, jobId),

    countByState: () => countJobsByState(orm, scope),

    onJobChange: (jobId, listener) => changes.subscribe(jobId, listener),
  };
}
