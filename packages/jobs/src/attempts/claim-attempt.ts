import { artifactKeys, type ParameterSource, ScionError } from '@scion/schema';
import { and, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import { inMs, type Transaction } from '../database/database.ts';
import { attempts, checkpoints, datasets, jobs, metrics, models } from '../database/tables.ts';
import { changeJob, lockJob } from '../jobs/change-job.ts';
import { settleDependents } from '../jobs/dependencies.ts';
import { type JobRow, noProgress } from '../jobs/job-record.ts';
import type { ClaimedAttempt } from './attempt-service.ts';

type Claim = { jobId: string; workerId: string; leaseMs: number };
type ClaimResult = { claimed: ClaimedAttempt | null; toDispatch: JobRow[] };

const isWaiting = and(inArray(jobs.state, ['queued', 'retrying']), isNull(jobs.stopRequested));

/** Takes a waiting job for a worker. A job whose inputs are gone is failed instead. */
export async function claimAttempt(tx: Transaction, { jobId, workerId, leaseMs }: Claim): Promise<ClaimResult> {
  const job = await lockJob(tx, jobId);
  if (!job) return { claimed: null, toDispatch: [] };
  const inputs = await readInputs(tx, job);
  if ('missing' in inputs) return { claimed: null, toDispatch: await failWithoutInputs(tx, job, inputs.missing) };
  // With no checkpoint the attempt starts at step 0, so what an earlier one measured has not happened.
  const startsOver = inputs.resumeFrom.length === 0;
  const row = await changeJob(tx, {
    jobId,
    guard: isWaiting,
    set: {
      state: 'running',
      attempt: sql`${jobs.attempt} + 1`,
      workerId,
      leaseUntil: inMs(leaseMs),
      startedAt: sql`coalesce(${jobs.startedAt}, clock_timestamp())`,
      ...(startsOver ? { progress: noProgress, metrics: { latest: {}, best: {} } } : {}),
    },
    events: [
      {
        type: 'attempt.started',
        message: `Attempt ${job.attempt + 1} starts`,
        data: { worker: workerId, checkpoint: inputs.resumeFrom[0]?.id ?? null },
      },
    ],
  });
  if (!row) return { claimed: null, toDispatch: [] };
  await tx.insert(attempts).values({ jobId, number: row.attempt, workerId });
  if (startsOver) await tx.delete(metrics).where(eq(metrics.jobId, jobId));
  const { dataset, from, resumeFrom } = inputs;
  return {
    claimed: {
      ref: { jobId, attempt: row.attempt },
      run: { job: jobId, attempt: row.attempt, spec: row.spec, dataset, from, resumeFrom },
    },
    toDispatch: [],
  };
}

type Inputs = {
  dataset: { key: string; sha256: string };
  from: ParameterSource | null;
  resumeFrom: ParameterSource[];
};

async function readInputs(tx: Transaction, job: JobRow): Promise<Inputs | { missing: string }> {
  const [dataset] = await tx.select({ report: datasets.report }).from(datasets).where(eq(datasets.id, job.datasetId));
  if (!dataset?.report) return { missing: `The data set ${job.datasetId} is gone` };
  const source = await readSource(tx, job);
  if (source && 'missing' in source) return source;
  const resumeFrom = await tx
    .select({ id: checkpoints.id, key: checkpoints.key })
    .from(checkpoints)
    .where(eq(checkpoints.jobId, job.id))
    .orderBy(desc(checkpoints.createdAt), desc(checkpoints.id));
  return { dataset: { key: artifactKeys.datasetPacked(job.datasetId), sha256: dataset.report.sha256 }, from: source, resumeFrom };
}

/** The parameters that a finetune starts from; null where it starts from none. */
async function readSource(tx: Transaction, { spec: { from } }: JobRow): Promise<ParameterSource | { missing: string } | null> {
  if (!from || 'scratch' in from) return null;
  if ('checkpoint' in from) {
    const [row] = await tx
      .select({ id: checkpoints.id, key: checkpoints.key })
      .from(checkpoints)
      .where(eq(checkpoints.id, from.checkpoint));
    return row ?? { missing: `The checkpoint ${from.checkpoint} is gone` };
  }
  const modelId = 'model' in from ? from.model : await modelOfJob(tx, from.job);
  const [row] = await tx
    .select({ id: models.id, key: models.key })
    .from(models)
    .where(eq(models.id, modelId ?? ''));
  return row ?? { missing: 'model' in from ? `The model ${from.model} is gone` : `The job ${from.job} has no model` };
}

async function modelOfJob(tx: Transaction, jobId: string): Promise<string | null> {
  const [row] = await tx.select({ result: jobs.result }).from(jobs).where(eq(jobs.id, jobId));
  return row?.result?.model ?? null;
}

async function failWithoutInputs(tx: Transaction, job: JobRow, message: string): Promise<JobRow[]> {
  const { code } = new ScionError('specInvalid', message);
  const row = await changeJob(tx, {
    jobId: job.id,
    guard: isWaiting,
    set: { state: 'failed', error: { code, message, retriable: false, logTail: [] }, finishedAt: sql`clock_timestamp()` },
    events: [{ type: 'job.failed', level: 'error', message, data: { code } }],
  });
  return row ? settleDependents(tx, job.id) : [];
}
