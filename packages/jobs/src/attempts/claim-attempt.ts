import { artifactKeys, type ParameterSource, ScionError } from '@scion/schema';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { advisoryLocks } from '../database/advisory-locks.ts';
import { inMs, type Transaction } from '../database/database.ts';
import { attempts, checkpoints, datasets, jobs, metrics, models } from '../database/tables.ts';
import { changeJob } from '../jobs/change-job.ts';
import { settleDependents } from '../jobs/dependencies.ts';
import { type JobRow, noProgress } from '../jobs/job-record.ts';
import { lockFirstInLine, mayStart } from '../jobs/line.ts';
import { readResumable } from '../jobs/resumable-checkpoints.ts';
import type { ClaimedAttempt } from './attempt-service.ts';

export type Claim = {
  /** Left out, the first in line. */
  jobId?: string;
  workerId: string;
  leaseMs: number;
};

type ClaimResult = { claimed: ClaimedAttempt | null; toDispatch: JobRow[] };

/** Takes a waiting job for a worker. Those whose inputs are gone are failed instead. */
export async function claimAttempt(tx: Transaction, claim: Claim): Promise<ClaimResult> {
  // Claims take turns, so that each sees what the one before it took.
  await tx.execute(sql`select pg_advisory_xact_lock(${advisoryLocks.claim})`);
  const toDispatch: JobRow[] = [];
  for (;;) {
    const job = await lockFirstInLine(tx, claim.jobId);
    if (!job) return { claimed: null, toDispatch };
    const inputs = await readInputs(tx, job);
    if (!('missing' in inputs)) return { claimed: await startAttempt(tx, { job, inputs, claim }), toDispatch };
    toDispatch.push(...(await failWithoutInputs(tx, job, inputs.missing)));
  }
}

async function startAttempt(
  tx: Transaction,
  { job, inputs, claim: { workerId, leaseMs } }: { job: JobRow; inputs: Inputs; claim: Claim },
): Promise<ClaimedAttempt> {
  const { dataset, from, teacher, resumeFrom } = inputs;
  // With no checkpoint the attempt starts at step 0, so what an earlier one measured has not happened.
  const startsOver = resumeFrom.length === 0;
  const jobId = job.id;
  const row = await changeJob(tx, {
    jobId,
    guard: mayStart,
    set: {
      state: 'running',
      attempt: sql`${jobs.attempt} + 1`,
      workerId,
      leaseUntil: inMs(leaseMs),
      nextTryAt: null,
      startedAt: sql`coalesce(${jobs.startedAt}, clock_timestamp())`,
      ...(startsOver ? { progress: noProgress, metrics: { latest: {}, best: {} } } : {}),
    },
    events: [
      {
        type: 'attempt.started',
        message: `Attempt ${job.attempt + 1} starts`,
        data: { worker: workerId, checkpoint: resumeFrom[0]?.id ?? null },
      },
    ],
  });
  if (!row) throw new ScionError('internal', `The locked job ${jobId} changed`);
  await tx.insert(attempts).values({ jobId, number: row.attempt, workerId });
  if (startsOver) await tx.delete(metrics).where(eq(metrics.jobId, jobId));
  return {
    ref: { jobId, attempt: row.attempt },
    run: { job: jobId, attempt: row.attempt, spec: row.spec, dataset, from, ...(teacher ? { teacher } : {}), resumeFrom },
    stopRequested: row.stopRequested,
  };
}

type Inputs = {
  dataset: { key: string; sha256: string };
  from: ParameterSource | null;
  teacher: ParameterSource | null;
  resumeFrom: ParameterSource[];
};

async function readInputs(tx: Transaction, job: JobRow): Promise<Inputs | { missing: string }> {
  const [dataset] = await tx
    .select({ report: datasets.report })
    .from(datasets)
    .where(and(eq(datasets.id, job.datasetId), isNull(datasets.deletedAt)));
  if (!dataset?.report) return { missing: `The data set ${job.datasetId} is gone` };
  const source = await readSource(tx, job);
  if (source && 'missing' in source) return source;
  const teacherModel = job.spec.method.teacher?.model;
  const teacher = teacherModel === undefined ? null : await readModel(tx, teacherModel);
  if (teacher && 'missing' in teacher) return teacher;
  const resumeFrom = await readResumable(tx, job);
  const { sha256 } = dataset.report;
  return { dataset: { key: artifactKeys.datasetPacked(job.datasetId), sha256 }, from: source, teacher, resumeFrom };
}

/** The parameters that a job starts from; null where it starts from none. */
async function readSource(tx: Transaction, { spec: { from } }: JobRow): Promise<ParameterSource | { missing: string } | null> {
  if (!from || 'scratch' in from) return null;
  if ('checkpoint' in from) {
    const [row] = await tx
      .select({ id: checkpoints.id, key: checkpoints.key })
      .from(checkpoints)
      .where(eq(checkpoints.id, from.checkpoint));
    return row ?? { missing: `The checkpoint ${from.checkpoint} is gone` };
  }
  if ('model' in from) return readModel(tx, from.model);
  const made = await modelOfJob(tx, from.job);
  return made === null ? { missing: `The job ${from.job} has no model` } : readModel(tx, made);
}

async function readModel(tx: Transaction, modelId: string): Promise<ParameterSource | { missing: string }> {
  const [row] = await tx.select({ id: models.id, key: models.key }).from(models).where(eq(models.id, modelId));
  return row ?? { missing: `The model ${modelId} is gone` };
}

async function modelOfJob(tx: Transaction, jobId: string): Promise<string | null> {
  const [row] = await tx.select({ result: jobs.result }).from(jobs).where(eq(jobs.id, jobId));
  return row?.result?.model ?? null;
}

async function failWithoutInputs(tx: Transaction, job: JobRow, message: string): Promise<JobRow[]> {
  const { code } = new ScionError('specInvalid', message);
  const row = await changeJob(tx, {
    jobId: job.id,
    guard: mayStart,
    set: { state: 'failed', error: { code, message, retriable: false, logTail: [] }, finishedAt: sql`clock_timestamp()` },
    events: [{ type: 'job.failed', level: 'error', message, data: { code } }],
  });
  return row ? settleDependents(tx, job.id) : [];
}
