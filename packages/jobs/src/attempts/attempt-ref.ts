import { ScionError } from '@scion/schema';
import { and, eq, type SQL } from 'drizzle-orm';
import type { Transaction } from '../database/database.ts';
import { jobs } from '../database/tables.ts';
import type { JobRow } from '../jobs/job-record.ts';

/** One attempt at a job. Its number is the fencing token of all that it writes. */
export type AttemptRef = { jobId: string; attempt: number };

/** Holds while the attempt is the one that runs the job. */
export function isRunningAttempt({ jobId, attempt }: AttemptRef): SQL | undefined {
  return and(eq(jobs.id, jobId), eq(jobs.attempt, attempt), eq(jobs.state, 'running'));
}

export function leaseLost({ jobId, attempt }: AttemptRef): ScionError {
  return new ScionError('leaseLost', `Attempt ${attempt} of ${jobId} is over`);
}

/** Reads the job and keeps it as it is until the transaction ends; error `leaseLost` when the attempt does not run any more. */
export async function lockAttempt(tx: Transaction, ref: AttemptRef): Promise<JobRow> {
  const [row] = await tx.select().from(jobs).where(isRunningAttempt(ref)).for('update');
  if (!row) throw leaseLost(ref);
  return row;
}
