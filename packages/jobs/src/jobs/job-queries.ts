import {
  type Job,
  type JobAction,
  type JobEvent,
  type JobFilter,
  JobState,
  jobActions,
  type ListEvents,
  type ListJobs,
  type Page,
  ScionError,
} from '@scion/schema';
import { and, desc, eq, gt, inArray, isNull, lt, type SQL, sql } from 'drizzle-orm';
import { inScope, type Scope } from '../access/scope.ts';
import type { Orm } from '../database/database.ts';
import { toPage } from '../database/page.ts';
import { events, jobs } from '../database/tables.ts';
import { fromEventId, type JobRow, toEvent, toJob } from './job-record.ts';
import { forecastQueue } from './queue-forecast.ts';

/** Error `notFound` where there is no such job. */
export async function readJob(orm: Orm, jobId: string, scope: Scope | null): Promise<JobRow> {
  const [row] = await orm
    .select()
    .from(jobs)
    .where(and(eq(jobs.id, jobId), isNull(jobs.deletedAt), inScope(jobs, scope)));
  if (!row) throw noSuchJob(jobId);
  return row;
}

export function noSuchJob(jobId: string): ScionError {
  return new ScionError('notFound', `There is no job ${jobId}`);
}

/** The job as the API shows it, with its place in the queue. */
export async function withForecast(orm: Orm, row: JobRow): Promise<Job> {
  const forecasts = await forecastQueue(orm, isWaiting(row) ? [row.id] : []);
  return toJob(row, forecasts.get(row.id) ?? null);
}

/** The same for many jobs, with one look at the queue. */
export async function withForecasts(orm: Orm, rows: readonly JobRow[]): Promise<Job[]> {
  const forecasts = await forecastQueue(
    orm,
    rows.filter(isWaiting).map(({ id }) => id),
  );
  return rows.map((row) => toJob(row, forecasts.get(row.id) ?? null));
}

function isWaiting({ state }: JobRow): boolean {
  return state === 'queued' || state === 'retrying';
}

/** Newest first. */
export async function listJobs(orm: Orm, { limit, after, ...filter }: ListJobs, scope: Scope | null): Promise<Page<Job>> {
  const rows = await orm
    .select()
    .from(jobs)
    .where(and(after === undefined ? undefined : lt(jobs.id, after), matches(filter, scope)))
    .orderBy(desc(jobs.id))
    .limit(limit + 1);
  const page = toPage(rows, { limit, toItem: (row) => row, cursorOf: ({ id }) => id });
  return { ...page, data: await withForecasts(orm, page.data) };
}

function matches({ state, kind, tag }: JobFilter, scope: Scope | null): SQL | undefined {
  return and(
    isNull(jobs.deletedAt),
    inScope(jobs, scope),
    state === undefined ? undefined : eq(jobs.state, state),
    kind === undefined ? undefined : eq(jobs.kind, kind),
    tag === undefined ? undefined : sql`${jobs.tags} @> array[${tag}]`,
  );
}

/** Ids of the jobs that match and whose state takes the action, oldest first. */
export async function actionableJobs(
  orm: Orm,
  { action, filter, limit, scope }: { action: JobAction; filter: JobFilter; limit: number; scope: Scope | null },
): Promise<{ ids: string[]; hasMore: boolean }> {
  const states = JobState.options.filter((state) => state in jobActions[action]);
  const rows = await orm
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(inArray(jobs.state, states), isNull(jobs.stopRequested), matches(filter, scope)))
    .orderBy(jobs.id)
    .limit(limit + 1);
  return { ids: rows.slice(0, limit).map(({ id }) => id), hasMore: rows.length > limit };
}

/** Oldest first. */
export async function listJobEvents(orm: Orm, jobId: string, { limit, after }: ListEvents): Promise<Page<JobEvent>> {
  const rows = await orm
    .select()
    .from(events)
    .where(and(eq(events.jobId, jobId), after === undefined ? undefined : gt(events.id, fromEventId(after))))
    .orderBy(events.id)
    .limit(limit + 1);
  return toPage(rows, { limit, toItem: toEvent, cursorOf: ({ id }) => id });
}

export async function countJobsByState(orm: Orm, scope: Scope | null): Promise<Record<JobState, number>> {
  const rows = await orm
    .select({ state: jobs.state, count: sql<number>`count(*)::int` })
    .from(jobs)
    .where(inScope(jobs, scope))
    .groupBy(jobs.state);
  const counts = new Map(rows.map(({ state, count }) => [state, count]));
  return Object.fromEntries(JobState.options.map((state) => [state, counts.get(state) ?? 0])) as Record<JobState, number>;
}
