import { isTerminal, ScionError } from '@scion/schema';
import { eq, sql } from 'drizzle-orm';
import type { Transaction } from '../database/database.ts';
import { jobDependencies, jobs } from '../database/tables.ts';
import { changeJob, lockJob } from './change-job.ts';
import type { JobRow } from './job-record.ts';

const isBlocked = sql`${jobs.state} = 'blocked'`;

/** Ends the wait of the jobs that depend on a job that has just ended, and of theirs. Returns those that are queued now. */
export async function settleDependents(tx: Transaction, endedJobId: string): Promise<JobRow[]> {
  const dependents = await tx
    .select({ jobId: jobDependencies.jobId })
    .from(jobDependencies)
    .where(eq(jobDependencies.dependsOn, endedJobId))
    .orderBy(jobDependencies.jobId);
  const queued: JobRow[] = [];
  for (const { jobId } of dependents) queued.push(...(await settleBlockedJob(tx, jobId)));
  return queued;
}

/**
 * Queues a blocked job whose dependencies have all succeeded, and fails one with a dependency that did not. Nothing happens
 * while one is unfinished. Returns the jobs that are queued now.
 */
export async function settleBlockedJob(tx: Transaction, jobId: string): Promise<JobRow[]> {
  // The lock comes first: of two dependencies that end at the same time, the one that gets it later sees the other's end.
  const job = await lockJob(tx, jobId);
  if (job?.state !== 'blocked') return [];
  const dependencies = await readDependencies(tx, jobId);
  const broken = dependencies.find(isBroken);
  if (broken) return failDependent(tx, { jobId, broken });
  if (!dependencies.every(({ state }) => isTerminal(state))) return [];
  const row = await changeJob(tx, {
    jobId,
    guard: isBlocked,
    set: { state: 'queued' },
    events: [
      {
        type: 'job.queued',
        message: dependencies.length > 0 ? 'The jobs that it depends on have succeeded' : 'Waits for a free slot',
      },
    ],
  });
  return row ? [row] : [];
}

/** Error `dependencyFailed`, naming it, where the job depends on one that did not succeed: it would fail again at once. */
export async function requireNoFailedDependency(tx: Transaction, jobId: string): Promise<void> {
  const broken = (await readDependencies(tx, jobId)).find(isBroken);
  if (!broken) return;
  const message = `The job ${broken.id}, which this one depends on, is ${broken.state}: retry that one first`;
  throw new ScionError('dependencyFailed', message, { details: [{ path: broken.id, message: `The job is ${broken.state}` }] });
}

type Dependency = Pick<JobRow, 'id' | 'state'>;

function readDependencies(tx: Transaction, jobId: string): Promise<Dependency[]> {
  return tx
    .select({ id: jobs.id, state: jobs.state })
    .from(jobDependencies)
    .innerJoin(jobs, eq(jobs.id, jobDependencies.dependsOn))
    .where(eq(jobDependencies.jobId, jobId))
    .orderBy(jobs.id);
}

function isBroken({ state }: Dependency): boolean {
  return state === 'failed' || state === 'cancelled';
}

async function failDependent(tx: Transaction, { jobId, broken }: { jobId: string; broken: Dependency }): Promise<JobRow[]> {
  const message = `The job ${broken.id}, which this one depends on, ${broken.state === 'failed' ? 'failed' : 'was cancelled'}`;
  await changeJob(tx, {
    jobId,
    guard: isBlocked,
    set: {
      state: 'failed',
      error: { code: 'dependencyFailed', message, retriable: false, logTail: [] },
      finishedAt: sql`clock_timestamp()`,
    },
    events: [{ type: 'job.failed', level: 'error', message, data: { code: 'dependencyFailed', job: broken.id } }],
  });
  return settleDependents(tx, jobId);
}
