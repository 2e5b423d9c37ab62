import {
  isTerminal,
  type Job,
  type JobEvent,
  type JobState,
  JobState as JobStates,
  type ListEvents,
  type ListJobs,
  type MetricColumns,
  type MetricPoint,
  type MetricsQuery,
  type Page,
  ScionError,
} from '@scion/schema';
import { and, desc, eq, gt, lt, sql } from 'drizzle-orm';
import type { ChangeFeed } from '../database/change-feed.ts';
import type { Database, Transaction } from '../database/database.ts';
import { toPage } from '../database/page.ts';
import { events, jobs } from '../database/tables.ts';
import type { Dispatcher } from '../queue/dispatcher.ts';
import { changeJob, lockJob } from './change-job.ts';
import { settleDependents } from './dependencies.ts';
import { readMetricColumns, readMetricPoints } from './job-metrics.ts';
import { fromEventId, type JobRow, toEvent, toJob } from './job-record.ts';
import { forecastQueue } from './queue-forecast.ts';
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
  const withForecast = async (rows: JobRow[]): Promise<Job[]> => {
    const waiting = rows.filter(({ state }) => state === 'queued' || state === 'retrying').map(({ id }) => id);
    const forecasts = await forecastQueue(orm, waiting);
    return rows.map((row) => toJob(row, forecasts.get(row.id) ?? null));
  };
  const withForecastOfOne = async (row: JobRow): Promise<Job> => {
    const forecasts = row.state === 'queued' || row.state === 'retrying' ? await forecastQueue(orm, [row.id]) : null;
    return toJob(row, forecasts?.get(row.id) ?? null);
  };
  const readJob = async (jobId: string): Promise<JobRow> => {
    const [row] = await orm.select().from(jobs).where(eq(jobs.id, jobId));
    if (!row) throw noSuchJob(jobId);
    return row;
  };

  return {
    async submit(request) {
      const { row, replayed } = await orm.transaction((tx) => insertJob(tx, request));
      if (!replayed && row.state === 'queued') await dispatcher.dispatchJobs([row]);
      return { job: await withForecastOfOne(row), replayed };
    },

    get: async (jobId) => withForecastOfOne(await readJob(jobId)),

    async list({ limit, after, state, kind, tag }) {
      const rows = await orm
        .select()
        .from(jobs)
        .where(
          and(
            after === undefined ? undefined : lt(jobs.id, after),
            state === undefined ? undefined : eq(jobs.state, state),
            kind === undefined ? undefined : eq(jobs.kind, kind),
            tag === undefined ? undefined : sql`${jobs.tags} @> array[${tag}]`,
          ),
        )
        .orderBy(desc(jobs.id))
        .limit(limit + 1);
      const page = toPage(rows, { limit, toItem: (row) => row, cursorOf: ({ id }) => id });
      return { ...page, data: await withForecast(page.data) };
    },

    async requestCancel(jobId) {
      const { row, released } = await orm.transaction((tx) => cancel(tx, jobId));
      await dispatcher.dispatchJobs(released);
      return toJob(row, null);
    },

    async listEvents(jobId, { limit, after }) {
      const rows = await orm
        .select()
        .from(events)
        .where(and(eq(events.jobId, jobId), after === undefined ? undefined : gt(events.id, fromEventId(after))))
        .orderBy(events.id)
        .limit(limit + 1);
      if (rows.length === 0) await readJob(jobId);
      return toPage(rows, { limit, toItem: toEvent, cursorOf: ({ id }) => id });
    },

    async metrics(jobId, { every } = {}) {
      await readJob(jobId);
      return readMetricColumns(orm, jobId, every);
    },

    metricPoints: (jobId) => readMetricPoints(orm, jobId),

    async countByState() {
      const rows = await orm.select({ state: jobs.state, count: sql<number>`count(*)::int` }).from(jobs).groupBy(jobs.state);
      const counts = new Map(rows.map(({ state, count }) => [state, count]));
      return Object.fromEntries(JobStates.options.map((state) => [state, counts.get(state) ?? 0])) as Record<JobState, number>;
    },

    onJobChange: (jobId, listener) => changes.subscribe(jobId, listener),
  };
}

function noSuchJob(jobId: string): ScionError {
  return new ScionError('notFound', `There is no job ${jobId}`);
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
