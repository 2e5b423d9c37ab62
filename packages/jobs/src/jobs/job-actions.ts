import { type JobAction, jobActions, ScionError, type StopRequest } from '@scion/schema';
import { eq, type SQL, sql } from 'drizzle-orm';
import { everyProject, type Scope } from '../access/scope.ts';
import type { Transaction } from '../database/database.ts';
import { jobs } from '../database/tables.ts';
import { changeJob, lockJob, type NewEvent } from './change-job.ts';
import { requireNoFailedDependency, settleBlockedJob, settleDependents } from './dependencies.ts';
import { extendedSpec } from './extended-spec.ts';
import { claimKey, type Idempotency } from './idempotency.ts';
import { noSuchJob } from './job-queries.ts';
import type { JobRow } from './job-record.ts';
import { refuseAction } from './refused-action.ts';
import { hasCheckpoint } from './resumable-checkpoints.ts';
import { requireReadyDataset } from './submit-job.ts';

/** An action, and what it takes beside the job. */
export type JobCommand =
  | { action: Exclude<JobAction, 'retry' | 'extend'> }
  | { action: 'retry'; from: 'checkpoint' | 'start' }
  | { action: 'extend'; epochs: number };

/** The job after an action, and the jobs that are to be announced in the queue. */
type Effect = { row: JobRow; toDispatch: JobRow[] };

type Context = { tx: Transaction; job: JobRow };

/**
 * Does what `jobActions` says, or refuses it with `conflict`. The job's row is locked all the while, so that of two actions at once
 * the second sees what the first did.
 */
export async function actOnJob(
  tx: Transaction,
  request: { jobId: string; command: JobCommand; idempotency?: Idempotency | undefined; scope: Scope | null },
): Promise<Effect & { replayed: boolean }> {
  const { jobId, command, idempotency, scope } = request;
  const job = await lockJob(tx, jobId, scope);
  if (!job) throw noSuchJob(jobId);
  if (idempotency) {
    const earlier = await claimKey(tx, { ...idempotency, scope: `${command.action} ${jobId}`, recordId: jobId });
    if (earlier !== null) return { row: job, toDispatch: [], replayed: true };
  }
  if (!(job.state in jobActions[command.action])) throw refuseAction(job, command.action);
  return { ...(await perform({ tx, job }, command)), replayed: false };
}

function perform(context: Context, command: JobCommand): Promise<Effect> {
  switch (command.action) {
    case 'pause':
      return pause(context);
    case 'resume':
      return resume(context);
    case 'stop':
      return stop(context);
    case 'cancel':
      return cancel(context);
    case 'retry':
      return retry(context, command.from);
    case 'extend':
      return extend(context, command.epochs);
  }
}

async function pause(context: Context): Promise<Effect> {
  if (context.job.state === 'running') return requestStop(context, 'pause');
  if (context.job.stopRequested === 'keep') throw refuseAction(context.job, 'pause');
  const row = await change(
    context,
    { state: 'paused', nextTryAt: null },
    { type: 'job.paused', message: 'Paused while it waited' },
  );
  return { row, toDispatch: [] };
}

async function resume(context: Context): Promise<Effect> {
  // As if it were blocked: if it depends on nothing unfinished, it is queued at once
  await change(context, { state: 'blocked' }, { type: 'job.resumed', message: 'Goes on where it was paused' });
  return settled(context);
}

async function stop(context: Context): Promise<Effect> {
  const { tx, job } = context;
  if (job.state === 'running') return requestStop(context, 'keep');
  if (job.stopRequested === 'keep') return { row: job, toDispatch: [] };
  if (!(await hasCheckpoint(tx, job))) {
    throw new ScionError('conflict', `The job ${job.id} is ${job.state} and has no checkpoint to make a model of: cancel it`);
  }
  const message = 'Stop requested; a trainer makes a model of the newest checkpoint';
  const set = { state: 'queued', stopRequested: 'keep', nextTryAt: null } as const;
  const row = await change(context, set, { type: 'job.stopRequested', message, data: { stop: 'keep' } });
  return { row, toDispatch: [row] };
}

async function cancel(context: Context): Promise<Effect> {
  const { tx, job } = context;
  if (job.state === 'running') return requestStop(context, 'cancel');
  const set = { ...ended, state: 'cancelled' } as const;
  const row = await change(context, set, { type: 'job.cancelled', message: 'Cancelled while it waited' });
  return { row, toDispatch: await settleDependents(tx, job.id) };
}

async function retry(context: Context, from: 'checkpoint' | 'start'): Promise<Effect> {
  const { tx, job } = context;
  await requireReadyDataset(tx, job.datasetId, everyProject);
  await requireNoFailedDependency(tx, job.id);
  const message = from === 'start' ? 'Retried from its start' : 'Retried from its newest checkpoint';
  const set = {
    ...afresh(job),
    state: 'blocked',
    ...(from === 'start' ? { startedOverAt: sql`clock_timestamp()` } : {}),
  } as const;
  await change(context, set, { type: 'job.retried', message, data: { from } });
  return settled(context);
}

async function extend(context: Context, epochs: number): Promise<Effect> {
  const { tx, job } = context;
  const spec = extendedSpec(job, epochs);
  await requireReadyDataset(tx, job.datasetId, everyProject);
  const row = await change(
    context,
    { ...afresh(job), spec, state: 'queued', result: null },
    { type: 'job.extended', message: `Extended to ${epochs} epochs`, data: { epochs, model: job.result?.model ?? null } },
  );
  return { row, toDispatch: [row] };
}

const ended = { finishedAt: sql`clock_timestamp()`, nextTryAt: null, stopRequested: null };

/** What a job is that has not ended yet, and that nothing is held against. */
function afresh({ spec: { deadlineMinutes } }: JobRow) {
  return {
    error: null,
    finishedAt: null,
    nextTryAt: null,
    stopRequested: null,
    deaths: 0,
    deathsInARow: 0,
    divergences: 0,
    deadlineAt: deadlineMinutes === null ? null : sql`clock_timestamp() + ${deadlineMinutes} * interval '1 minute'`,
  };
}

/** Each may follow the ones before it, and none the ones after. */
const stopOrder = ['pause', 'keep', 'deadline', 'cancel'] as const satisfies readonly StopRequest[];

const stopMessages = {
  pause: 'Pause requested; the trainer saves a checkpoint after its current step',
  keep: 'Stop requested; the trainer makes a model after its current step',
  cancel: 'Cancel requested; the trainer stops after its current step',
} as const;

/** Asks the trainer of a running job to stop. Nothing changes where it was asked already. */
async function requestStop(context: Context, stop: keyof typeof stopMessages): Promise<Effect> {
  const { job } = context;
  if (job.stopRequested === stop) return { row: job, toDispatch: [] };
  if (job.stopRequested !== null && stopOrder.indexOf(job.stopRequested) > stopOrder.indexOf(stop)) {
    throw refuseAction(job, stop === 'keep' ? 'stop' : stop);
  }
  const event = { type: 'job.stopRequested', message: stopMessages[stop], data: { stop } } as const;
  return { row: await change(context, { stopRequested: stop }, event), toDispatch: [] };
}

async function change(
  { tx, job }: Context,
  set: Partial<{ [Column in keyof JobRow]: JobRow[Column] | SQL }>,
  event: NewEvent,
): Promise<JobRow> {
  const row = await changeJob(tx, { jobId: job.id, guard: eq(jobs.state, job.state), set, events: [event] });
  if (!row) throw new ScionError('internal', `The locked job ${job.id} changed`);
  return row;
}

/** Out of `blocked`, if nothing is in its way. */
async function settled({ tx, job }: Context): Promise<Effect> {
  const toDispatch = await settleBlockedJob(tx, job.id);
  const row = await lockJob(tx, job.id);
  if (!row) throw noSuchJob(job.id);
  return { row, toDispatch };
}
