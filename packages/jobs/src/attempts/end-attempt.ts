import { isTerminal } from '@scion/schema';
import { and, eq, lt, not, sql } from 'drizzle-orm';
import { inMs, type Transaction } from '../database/database.ts';
import { attempts, jobs, models } from '../database/tables.ts';
import { changeJob } from '../jobs/change-job.ts';
import { settleDependents } from '../jobs/dependencies.ts';
import type { JobRow } from '../jobs/job-record.ts';
import { isNamedBySuccess } from '../jobs/named-model.ts';
import { type AttemptEnd, decideEnding } from './attempt-ending.ts';
import { type AttemptRef, isRunningAttempt, leaseLost, lockAttempt } from './attempt-ref.ts';
import { withLowerRate } from './lower-rate.ts';

type End = {
  attemptEnd: AttemptEnd;
  /** Does nothing when the lease was renewed in the meantime. */
  onlyIfExpired: boolean;
};

/** Ends an attempt and, with it, its job or the wait for the next attempt. Returns what is to be announced in the queue. */
export async function endAttempt(
  tx: Transaction,
  ref: AttemptRef,
  { attemptEnd, onlyIfExpired }: End,
): Promise<{ state: JobRow['state']; toDispatch: JobRow[] }> {
  const job = await lockAttempt(tx, ref).catch((error: unknown) => {
    if (onlyIfExpired) return null;
    throw error;
  });
  if (!job) return { state: 'running', toDispatch: [] };
  const checkedEnd = await withModelInPlace(tx, ref, attemptEnd);
  const ending = decideEnding(job, checkedEnd);
  const isOver = isTerminal(ending.state);
  const row = await changeJob(tx, {
    jobId: ref.jobId,
    guard: and(isRunningAttempt(ref), onlyIfExpired ? lt(jobs.leaseUntil, sql`clock_timestamp()`) : undefined),
    set: {
      state: ending.state,
      error: ending.error,
      workerId: null,
      leaseUntil: null,
      nextTryAt: ending.backOffMs === 0 ? null : inMs(sql`${ending.backOffMs} * (0.5 + random() / 2)`),
      ...(ending.isDeath ? { deaths: job.deaths + 1, deathsInARow: job.deathsInARow + 1 } : {}),
      ...(ending.lowersRate ? { divergences: job.divergences + 1, spec: withLowerRate(job.spec) } : {}),
      ...(isOver ? { finishedAt: sql`clock_timestamp()` } : {}),
      // A wish to keep what is trained outlives the attempt; the next one fulfils it.
      ...(ending.state === 'retrying' ? {} : { stopRequested: null }),
      ...(ending.state === 'succeeded' ? success(job, checkedEnd) : {}),
    },
    events: ending.events,
  });
  if (!row) {
    if (onlyIfExpired) return { state: 'running', toDispatch: [] };
    throw leaseLost(ref);
  }
  await tx
    .update(attempts)
    .set({ state: ending.attemptState, error: ending.error, endedAt: sql`clock_timestamp()` })
    .where(and(eq(attempts.jobId, ref.jobId), eq(attempts.number, ref.attempt)));
  await forgetUnfinishedModels(tx, ref.jobId);
  if (isOver) return { state: row.state, toDispatch: await settleDependents(tx, ref.jobId) };
  return { state: row.state, toDispatch: row.state === 'retrying' ? [row] : [] };
}

/** A success without the model that it names is a fault of the trainer. */
async function withModelInPlace(tx: Transaction, ref: AttemptRef, end: AttemptEnd): Promise<AttemptEnd> {
  const { outcome } = end;
  if (outcome.type !== 'succeeded') return end;
  const [model] = await tx
    .select({ id: models.id })
    .from(models)
    .where(and(eq(models.id, outcome.model), eq(models.jobId, ref.jobId)));
  if (model) return end;
  const message = `The trainer ended well but never reported the model ${outcome.model}`;
  return { ...end, outcome: { type: 'failed', code: 'internal', message } };
}

/** A model that no success names is of an attempt that was cancelled, or died, between its report and its end. */
async function forgetUnfinishedModels(tx: Transaction, jobId: string): Promise<void> {
  await tx.delete(models).where(and(eq(models.jobId, jobId), not(isNamedBySuccess)));
}

function success(job: JobRow, { outcome }: AttemptEnd): Pick<JobRow, 'result' | 'progress'> | null {
  if (outcome.type !== 'succeeded') return null;
  return {
    result: { model: outcome.model, metrics: outcome.metrics, stoppedAt: outcome.stoppedAt ?? null },
    progress: { ...job.progress, ...(outcome.stoppedAt ? {} : { fraction: 1 }), etaSeconds: 0 },
  };
}
