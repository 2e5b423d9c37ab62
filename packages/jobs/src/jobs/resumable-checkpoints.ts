import { and, asc, desc, eq, gt, type SQL } from 'drizzle-orm';
import type { Transaction } from '../database/database.ts';
import { checkpoints } from '../database/tables.ts';
import type { JobRow } from './job-record.ts';

type Run = Pick<JobRow, 'id' | 'startedOverAt'>;

/** Checkpoints that the job's next attempt may go on from, the best first: intact before damaged ones, then the newest. */
export function readResumable(tx: Transaction, job: Run): Promise<{ id: string; key: string }[]> {
  return tx
    .select({ id: checkpoints.id, key: checkpoints.key })
    .from(checkpoints)
    .where(isOfThisRun(job))
    .orderBy(asc(checkpoints.isCorrupt), desc(checkpoints.createdAt), desc(checkpoints.id));
}

/** Whether there is one that no trainer has found damaged. */
export async function hasCheckpoint(tx: Transaction, job: Run): Promise<boolean> {
  return (await tx.$count(checkpoints, and(isOfThisRun(job), eq(checkpoints.isCorrupt, false)))) > 0;
}

function isOfThisRun({ id, startedOverAt }: Run): SQL | undefined {
  return and(eq(checkpoints.jobId, id), startedOverAt === null ? undefined : gt(checkpoints.createdAt, startedOverAt));
}
