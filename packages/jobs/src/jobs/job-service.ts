import {
  isTerminal,
  type Job,
  type JobEvent,
  type JobState,
  type ListEvents,
  type ListJobs,
  type MetricColumns,
  type MetricPoint,
  type MetricsQuery,
  type Page,
  ScionError,
} from '@scion/schema';
import { eq, sql } from 'drizzle-orm';
import type { ChangeFeed } from '../database/change-feed.ts';
import type { Database, Transaction } from '../database/database.ts';
import { jobs } from '../database/tables.ts';
import type { Dispatcher } from '../queue/dispatcher.ts';
import { changeJob, lockJob } from './change-job.ts';
import { settleDependents } from './dependencies.ts';
import { readMetricColumns, readMetricPoints } from './job-metrics.ts';
import { countJobsByState, listJobEvents, listJobs, noSuchJob, readJob, withForecast } from './job-queries.ts';
import { type JobRow, toJob } from './job-record.ts';
import { insertJob, type SubmitJob } from './submit-job.ts';

/** What clients do with jobs. Ids that do not exist are a `notFound` error everywhere. */
export type JobService = {
  /**
   * Accepts a job: when it resolves, the job is durable. `replayed` says that the same Idempotency-Key made it before.
   * Errors: `idempotencyKeyReused`, `validationFailed` (no such data set or dependency), `datasetNotReady`, `dependencyFailed`.
   */
  submit(request: SubmitJob): Promise<{ job: Job; replayed: boolean }>;
  get(jobId: string): Promise<Job>;
  /** Newest first; `after` is the id of the last job of the page before. */
  list(query: ListJobs): Promise<Page<Job>>;
  /** Ends a job that waits; asks the worker of a running one to stop. Error `conflict` once the job has ended. */
  requestCancel(jobId: string): Promise<Job>;
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
}: {
  database: Database;
  dispatcher: Dispatcher;
  changes: ChangeFeed;
}): JobService {
  return {
    async submit(request) {
      const { row, replayed } = await orm.transaction((tx) => insertJob(tx, request));
      if (!replayed && row.state === 'queued') await dispatcher.dispatchJobs([row]);
      return { job: await withForecast(orm, row), replayed };
    },

    get: async (jobId) => withForecast(orm, await readJob(orm, jobId)),

    list: (query) => listJobs(orm, query),

    async requestCancel(jobId) {
      const { row, released } = await orm.transaction((tx) => cancel(tx, jobId));
      await dispatcher.dispatchJobs(released);
      return toJob(row, null);
    },

    listEvents: (jobId, query) => listJobEvents(orm, jobId, query),

    async metrics(jobId, { every } = {}) {
      await readJob(orm, jobId);
      return readMetricColumns(orm, jobId, every);
    },

    metricPoints: (jobId) => readMetricPoints(orm, jobId),

    countByState: () => countJobsByState(orm),

    onJobChange: (jobId, listener) => changes.subscribe(jobId, listener),
  };
}

async function cancel(tx: Transaction, jobId: string): Promise<{ row: JobRow; released: JobRow[] }> {
  const job = await lockJob(tx, jobId);
  if (!job) throw noSuchJob(jobId);
  if (isTerminal(job.state)) throw new ScionError('conflict', `The job ${jobId} has ended already: it is ${job.state}`);
  if (job.stopRequested === 'cancel') return { row: job, released: [] };
  const guard = eq(jobs.state, job.state);
  if (job.state === 'running') {
    const row = await changeJob(tx, {
      jobId,
      guard,
      set: { stopRequested: 'cancel' },
      events: [{ type: 'job.cancelRequested', message: 'Cancel requested; the trainer stops after its current step' }],
    });
    return { row: row ?? job, released: [] };
  }
  const row = await changeJob(tx, {
    jobId,
    guard,
    set: { state: 'cancelled', finishedAt: sql`clock_timestamp()` },
    events: [{ type: 'job.cancelled', message: 'Cancelled while it waited' }],
  });
  return { row: row ?? job, released: await settleDependents(tx, jobId) };
}
