import { type ErrorDetail, isTerminal, ScionError, terminalStates } from '@scion/schema';
import { and, eq, isNull, notInArray, sql } from 'drizzle-orm';
import type { Transaction } from '../database/database.ts';
import { jobDependencies, jobs, models } from '../database/tables.ts';
import type { JobRow } from '../jobs/job-record.ts';

const namedInMessage = 5;

/** Throws `conflict` while the job has not ended, and `recordInUse` while a model of it, or an unfinished job, needs it. */
export async function refuseNeededJob(tx: Transaction, job: JobRow): Promise<void> {
  if (!isTerminal(job.state)) throw new ScionError('conflict', `The job ${job.id} is ${job.state}: cancel it first`);
  const made = await tx
    .select({ id: models.id })
    .from(models)
    .where(and(eq(models.jobId, job.id), isNull(models.deletedAt)));
  const waiting = await tx
    .select({ id: jobs.id, state: jobs.state })
    .from(jobDependencies)
    .innerJoin(jobs, eq(jobs.id, jobDependencies.jobId))
    .where(and(eq(jobDependencies.dependsOn, job.id), notInArray(jobs.state, [...terminalStates])));
  const starting = await unfinishedJobs(
    tx,
    sql`exists (select from checkpoints where checkpoints.job_id = ${job.id} and checkpoints.id = jobs.spec -> 'from' ->> 'checkpoint')`,
  );
  refuseIfAny(`The job ${job.id}`, [
    ...made.map(({ id }) => ({ path: id, message: 'The model was made by it' })),
    ...[...waiting, ...starting].map(({ id, state }) => ({ path: id, message: `The job needs it, and is ${state}` })),
  ]);
}

/** Throws `recordInUse` while an unfinished job starts from the model, by its id or as the result of its job, or learns from it. */
export async function refuseNeededModel(tx: Transaction, { id, jobId }: { id: string; jobId: string | null }): Promise<void> {
  const isTeacher = sql`jobs.spec -> 'method' -> 'teacher' ->> 'model' = ${id}`;
  const isSource = sql`(jobs.spec -> 'from' ->> 'model' = ${id} or jobs.spec -> 'from' ->> 'job' = ${jobId} or ${isTeacher})`;
  const starting = await unfinishedJobs(tx, isSource);
  refuseIfAny(
    `The model ${id}`,
    starting.map(({ id: path, state }) => ({ path, message: `The job needs it, and is ${state}` })),
  );
}

function unfinishedJobs(tx: Transaction, condition: ReturnType<typeof sql>): Promise<Pick<JobRow, 'id' | 'state'>[]> {
  return tx
    .select({ id: jobs.id, state: jobs.state })
    .from(jobs)
    .where(and(notInArray(jobs.state, [...terminalStates]), condition))
    .orderBy(jobs.id);
}

function refuseIfAny(what: string, details: readonly ErrorDetail[]): void {
  if (details.length === 0) return;
  const named = details.slice(0, namedInMessage).map(({ path }) => path);
  const more = details.length > named.length ? ` and ${details.length - named.length} more` : '';
  throw new ScionError('recordInUse', `${what} is needed by ${named.join(', ')}${more}`, { details });
}
