import { isTerminal, type JobSpec, newId, ScionError } from '@scion/schema';
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { refuseJobsOverQuota, refuseStorageOverQuota } from '../access/quotas.ts';
import { inScope, ownership, type Scope } from '../access/scope.ts';
import { announceChange } from '../database/change-feed.ts';
import type { Transaction } from '../database/database.ts';
import { datasets, jobDependencies, jobs } from '../database/tables.ts';
import { writeEvents } from './change-job.ts';
import { claimKey, findKey, type Idempotency } from './idempotency.ts';
import { type JobRow, noProgress } from './job-record.ts';

/** A job to submit. `spec` is as it runs: every default filled in. `id` is made by a caller who needs it before, by `newId`. */
export type NewJob = { id?: string; spec: JobSpec };

export type SubmitJobs = {
  /** Each may depend on those before it. */
  jobs: readonly NewJob[];
  idempotency?: Idempotency | undefined;
};

/** Writes all of the jobs, or finds those that the same request made before. */
export async function insertJobs(
  tx: Transaction,
  { jobs: newJobs, idempotency, scope }: SubmitJobs & { scope: Scope | null },
): Promise<{ rows: JobRow[]; replayed: boolean }> {
  const withIds = newJobs.map(({ id = newId('job'), spec }) => ({ id, spec }));
  if (idempotency) {
    const recordId = withIds.map(({ id }) => id).join(' ');
    const earlier = await claimKey(tx, { ...idempotency, scope: keysOf(scope), recordId });
    if (earlier !== null) return { rows: await readJobs(tx, earlier.split(' ')), replayed: true };
  }
  await refuseJobsOverQuota(tx, scope, withIds.length);
  await refuseStorageOverQuota(tx, scope, 0);
  const rows: JobRow[] = [];
  for (const job of withIds) rows.push(await insertJob(tx, job, scope));
  return { rows, replayed: false };
}

/** The jobs that the same request made before; null where there was none. */
export async function findEarlierJobs(tx: Transaction, idempotency: Idempotency, scope: Scope | null): Promise<JobRow[] | null> {
  const earlier = await findKey(tx, { ...idempotency, scope: keysOf(scope) });
  return earlier === null ? null : readJobs(tx, earlier.split(' '));
}

/** An Idempotency-Key means something within its project. */
function keysOf(scope: Scope | null): string {
  return `jobs of ${ownership(scope).project}`;
}

async function insertJob(tx: Transaction, { id, spec }: { id: string; spec: JobSpec }, scope: Scope | null): Promise<JobRow> {
  await requireReadyDataset(tx, spec.dataset.id, scope);
  const isBlocked = await hasUnfinishedDependency(tx, spec, scope);
  const [row] = await tx
    .insert(jobs)
    .values({
      id,
      ...ownership(scope),
      kind: spec.kind,
      name: spec.name,
      state: isBlocked ? 'blocked' : 'queued',
      spec,
      datasetId: spec.dataset.id,
      tags: spec.tags,
      priority: spec.priority,
      progress: noProgress,
      metrics: { latest: {}, best: {} },
      deadlineAt: spec.deadlineMinutes === null ? null : sql`clock_timestamp() + ${spec.deadlineMinutes} * interval '1 minute'`,
    })
    .returning();
  if (!row) throw new ScionError('internal', 'The database returned no row for a new job');
  const dependsOn = dependenciesOf(spec);
  if (dependsOn.length > 0)
    await tx.insert(jobDependencies).values(dependsOn.map((dependency) => ({ jobId: id, dependsOn: dependency })));
  const event = isBlocked
    ? ({ type: 'job.blocked', message: 'Waits for the jobs that it depends on', data: { dependsOn } } as const)
    : ({ type: 'job.queued', message: 'Waits for a free slot' } as const);
  await writeEvents(tx, { jobId: id, attempt: 0, newEvents: [event] });
  await announceChange(tx, id);
  return row;
}

/** Every job that must succeed before this one starts. */
function dependenciesOf(spec: JobSpec): string[] {
  const source = spec.from && 'job' in spec.from ? [spec.from.job] : [];
  return [...new Set([...spec.dependsOn, ...source])].sort();
}

async function readJobs(tx: Transaction, ids: readonly string[]): Promise<JobRow[]> {
  const rows: JobRow[] = [];
  for (const id of ids) {
    const [row] = await tx.select().from(jobs).where(eq(jobs.id, id));
    if (!row) throw new ScionError('notFound', `There is no job ${id}`);
    rows.push(row);
  }
  return rows;
}

/** The share lock keeps the data set from being deleted before this job is committed. */
export async function requireReadyDataset(tx: Transaction, id: string, scope: Scope | null): Promise<void> {
  const [dataset] = await tx
    .select({ state: datasets.state })
    .from(datasets)
    .where(and(eq(datasets.id, id), isNull(datasets.deletedAt), inScope(datasets, scope)))
    .for('share');
  if (!dataset) throw invalidField('dataset.id', `There is no data set ${id}`);
  if (dataset.state !== 'ready') throw new ScionError('datasetNotReady', `The data set ${id} is ${dataset.state}, not ready`);
}

/** The share lock makes a dependency that is ending now wait, so that it then finds the job that depends on it. */
async function hasUnfinishedDependency(tx: Transaction, spec: JobSpec, scope: Scope | null): Promise<boolean> {
  const ids = dependenciesOf(spec);
  if (ids.length === 0) return false;
  const found = await tx
    .select({ id: jobs.id, state: jobs.state })
    .from(jobs)
    .where(and(inArray(jobs.id, ids), isNull(jobs.deletedAt), inScope(jobs, scope)))
    .orderBy(jobs.id)
    .for('share');
  for (const id of ids) {
    const dependency = found.find((job) => job.id === id);
    const position = spec.dependsOn.indexOf(id);
    const path = position === -1 ? 'from.job' : `dependsOn.${position}`;
    if (!dependency) throw invalidField(path, `There is no job ${id}`);
    if (dependency.state === 'failed' || dependency.state === 'cancelled') {
      const details = [{ path, message: `The job ${id} is ${dependency.state}` }];
      throw new ScionError('dependencyFailed', `${path}: the job ${id} is ${dependency.state}`, { details });
    }
  }
  return found.some(({ state }) => !isTerminal(state));
}

function invalidField(path: string, message: string): ScionError {
  return new ScionError('validationFailed', `${path}: ${message}`, { details: [{ path, message }] });
}
