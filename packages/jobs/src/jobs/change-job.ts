import type { EventType, JobEvent } from '@scion/schema';
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import { everyProject, inScope, type Scope } from '../access/scope.ts';
import { announceChange } from '../database/change-feed.ts';
import type { Transaction } from '../database/database.ts';
import { events, jobs } from '../database/tables.ts';
import type { JobRow } from './job-record.ts';

export type NewEvent = {
  type: EventType;
  level?: JobEvent['level'];
  message: string;
  data?: Record<string, unknown>;
};

type JobChange = {
  jobId: string;
  /** What must still hold of the row, such as its state and attempt. */
  guard: SQL | undefined;
  set: Partial<{ [Column in keyof JobRow]: JobRow[Column] | SQL }>;
  events?: readonly NewEvent[];
};

/**
 * The one way in which a job row changes: one guarded statement, and in its transaction the events that tell of it. Null, and
 * nothing written, where the guard does not hold any more.
 */
export async function changeJob(
  tx: Transaction,
  { jobId, guard, set, events: newEvents = [] }: JobChange,
): Promise<JobRow | null> {
  const [row] = await tx
    .update(jobs)
    .set({ ...set, version: sql`${jobs.version} + 1`, updatedAt: sql`clock_timestamp()` })
    .where(and(eq(jobs.id, jobId), guard))
    .returning();
  if (!row) return null;
  await writeEvents(tx, { jobId, attempt: row.attempt, newEvents });
  await announceChange(tx, jobId);
  return row;
}

/** Needs the job's row to be locked by this transaction: that is what makes event ids of one job sort in the order of commits. */
export async function writeEvents(
  tx: Transaction,
  { jobId, attempt, newEvents }: { jobId: string; attempt: number; newEvents: readonly NewEvent[] },
): Promise<void> {
  if (newEvents.length === 0) return;
  await tx
    .insert(events)
    .values(newEvents.map(({ type, level = 'info', message, data = {} }) => ({ jobId, attempt, type, level, message, data })));
}

/** Reads the row of a job that is not in the trash, and keeps others from changing it until the transaction ends. */
export async function lockJob(tx: Transaction, jobId: string, scope: Scope | null = everyProject): Promise<JobRow | null> {
  const [row] = await tx
    .select()
    .from(jobs)
    .where(and(eq(jobs.id, jobId), isNull(jobs.deletedAt), inScope(jobs, scope)))
    .for('update');
  return row ?? null;
}
