import { and, asc, desc, eq, inArray, isNull, lte, not, or, sql } from 'drizzle-orm';
import type { Transaction } from '../database/database.ts';
import { jobs } from '../database/tables.ts';
import type { JobRow } from './job-record.ts';

/** Holds for a job with a tag of which as many jobs run as may. Names in full: Drizzle would leave the tables out. */
const isHeldBack = sql`exists (
  select from tag_limits where tag_limits.project = jobs.project and tag_limits.tag = any(jobs.tags) and tag_limits.max_running <= (
    select count(*) from jobs as others where others.state = 'running' and others.project = jobs.project and others.tags @> array[tag_limits.tag]))`;

/** Holds for a job that a worker may take now. */
export const mayStart = and(
  inArray(jobs.state, ['queued', 'retrying']),
  or(isNull(jobs.stopRequested), eq(jobs.stopRequested, 'keep')),
  or(isNull(jobs.nextTryAt), lte(jobs.nextTryAt, sql`clock_timestamp()`)),
  not(isHeldBack),
);

/** The order in which waiting jobs start. */
const lineOrder = [desc(jobs.priority), asc(jobs.createdAt), asc(jobs.id)];

/** Locks the first job that may start, of all or just the one; null where none may. */
export async function lockFirstInLine(tx: Transaction, jobId?: string): Promise<JobRow | null> {
  const isCandidate = and(mayStart, jobId === undefined ? undefined : eq(jobs.id, jobId));
  for (;;) {
    const [first] = await tx
      .select({ id: jobs.id })
      .from(jobs)
      .where(isCandidate)
      .orderBy(...lineOrder)
      .limit(1);
    if (!first) return null;
    const [job] = await tx
      .select()
      .from(jobs)
      .where(and(eq(jobs.id, first.id), mayStart))
      .for('update');
    if (job) return job;
    // Someone changed it in between: it is not in line any more, so the next look finds another one.
  }
}
