import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Database } from '../database/database.ts';
import { datasets, jobs } from '../database/tables.ts';
import type { QueueEntry, WorkKind, WorkQueue } from './work-queue.ts';

/** How the queue differs from PostgreSQL, which is the truth. */
export type QueueDifference = {
  /** What waits and has no entry. */
  missing: QueueEntry[];
  /** Ids of entries with nothing to do. */
  orphans: string[];
};

/** What waited before the entries were read should have one; what an entry names should have waited before or after. */
export async function compareQueue({ orm }: Database, queue: WorkQueue, kind: WorkKind): Promise<QueueDifference> {
  const readWaiting = kind === 'job' ? () => waitingJobs(orm) : () => waitingDatasets(orm);
  const before = await readWaiting();
  const entries = await queue.entryIds(kind);
  const after = await readWaiting();
  const known = new Set([...before, ...after].map(({ id }) => id));
  return {
    missing: before.filter(({ id }) => !entries.waiting.has(id) && !entries.active.has(id)),
    orphans: [...entries.waiting].filter((id) => !known.has(id)),
  };
}

function waitingJobs(orm: Database['orm']): Promise<QueueEntry[]> {
  return orm
    .select({ id: jobs.id, priority: jobs.priority })
    .from(jobs)
    .where(inArray(jobs.state, ['queued', 'retrying']))
    .orderBy(jobs.createdAt, jobs.id);
}

function waitingDatasets(orm: Database['orm']): Promise<QueueEntry[]> {
  return orm
    .select({ id: datasets.id, priority: sql<number>`0` })
    .from(datasets)
    .where(and(eq(datasets.state, 'validating'), isNull(datasets.leaseUntil), isNull(datasets.deletedAt)))
    .orderBy(datasets.createdAt, datasets.id);
}
