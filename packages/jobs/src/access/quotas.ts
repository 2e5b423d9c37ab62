import { ScionError, terminalStates } from '@scion/schema';
import { and, eq, notInArray, sql } from 'drizzle-orm';
import { advisoryLocks } from '../database/advisory-locks.ts';
import type { Orm, Transaction } from '../database/database.ts';
import { jobs } from '../database/tables.ts';
import type { Scope } from './scope.ts';

/** Throws `quotaExceeded` where the scope may not have `added` unfinished jobs more. Submits take turns, so that none slips through. */
export async function refuseJobsOverQuota(tx: Transaction, scope: Scope | null, added: number): Promise<void> {
  if (scope === null) return;
  const { waitingJobs, waitingJobsInAll } = scope.quotas;
  if (waitingJobs === null && waitingJobsInAll === null) return;
  await tx.execute(sql`select pg_advisory_xact_lock(${advisoryLocks.quotas})`);
  const isUnfinished = notInArray(jobs.state, [...terminalStates]);
  if (waitingJobs !== null) {
    const own = await tx.$count(jobs, and(isUnfinished, eq(jobs.project, scope.project)));
    if (own + added > waitingJobs) throw tooManyJobs(`The project ${scope.project}`, own, waitingJobs);
  }
  if (waitingJobsInAll === null) return;
  const all = await tx.$count(jobs, isUnfinished);
  if (all + added > waitingJobsInAll) throw tooManyJobs('The server', all, waitingJobsInAll);
}

function tooManyJobs(who: string, has: number, may: number): ScionError {
  return new ScionError('quotaExceeded', `${who} has ${has} jobs that have not ended, and may have ${may}: wait for some to end`);
}

/** Throws `insufficientStorage` where the scope has no room for `addedBytes` more. */
export async function refuseStorageOverQuota(orm: Orm | Transaction, scope: Scope | null, addedBytes: number): Promise<void> {
  const limit = scope?.quotas.storageBytes ?? null;
  if (scope === null || limit === null) return;
  const { rows } = await orm.execute<{ bytes: number }>(sql`
    select (
      (select coalesce(sum(size_bytes), 0) from datasets where project = ${scope.project}) +
      (select coalesce(sum(size_bytes), 0) from models where project = ${scope.project}) +
      (select coalesce(sum(checkpoints.size_bytes), 0) from checkpoints join jobs on jobs.id = checkpoints.job_id
        where jobs.project = ${scope.project}))::float8 as bytes`);
  const used = rows[0]?.bytes ?? 0;
  if (used + addedBytes <= limit) return;
  throw new ScionError(
    'insufficientStorage',
    `The project ${scope.project} holds ${used} of the ${limit} bytes that it may: what is in the trash counts until it is purged`,
  );
}
