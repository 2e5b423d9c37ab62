import { isTerminal, type JobSpec, newId, ScionError } from '@scion/schema';
import { and, eq, inArray, sql } from 'drizzle-orm';
import { announceChange } from '../database/change-feed.ts';
import type { Transaction } from '../database/database.ts';
import { datasets, idempotencyKeys, jobDependencies, jobs } from '../database/tables.ts';
import { writeEvents } from './change-job.ts';
import { type JobRow, noProgress } from './job-record.ts';

export type SubmitJob = {
  /** As it runs: every default filled in. */
  spec: JobSpec;
  /** The client's Idempotency-Key, and a hash of the body that it came with. */
  idempotency?: { key: string; bodyHash: string } | undefined;
};

const scope = 'jobs';

/** Writes the job, or finds the one that the same request made before. */
export async function insertJob(tx: Transaction, { spec, idempotency }: SubmitJob): Promise<{ row: JobRow; replayed: boolean }> {
  const id = newId('job');
  if (idempotency) {
    const earlierId = await claimKey(tx, { ...idempotency, jobId: id });
    if (earlierId !== null) return { row: await readJob(tx, earlierId), replayed: true };
  }
  await requireReadyDataset(tx, spec);
  const isBlocked = await hasUnfinishedDependency(tx, spec);
  const [row] = await tx
    .insert(jobs)
    .values({
      id,
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
  return { row, replayed: false };
}

/** Every job that must succeed before this one starts. */
function dependenciesOf(spec: JobSpec): string[] {
  const source = spec.from && 'job' in spec.from ? [spec.from.job] : [];
  return [...new Set([...spec.dependsOn, ...source])].sort();
}

/** Null when the key is new; the id of the job that it made before. A request that is still running with the key is waited for. */
async function claimKey(
  tx: Transaction,
  { key, bodyHash, jobId }: { key: string; bodyHash: string; jobId: string },
): Promise<string | null> {
  const inserted = await tx
    .insert(idempotencyKeys)
    .values({ scope, key, bodyHash, recordId: jobId })
    .onConflictDoNothing()
    .returning({ key: idempotencyKeys.key });
  if (inserted.length > 0) return null;
  const [earlier] = await tx
    .select()
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.scope, scope), eq(idempotencyKeys.key, key)));
  if (earlier?.bodyHash !== bodyHash) {
    throw new ScionError('idempotencyKeyReused', `The Idempotency-Key ${key} came before with another body: use a new key`);
  }
  return earlier.recordId;
}

async function readJob(tx: Transaction, id: string): Promise<JobRow> {
  const [row] = await tx.select().from(jobs).where(eq(jobs.id, id));
  if (!row) throw new ScionError('notFound', `There is no job ${id}`);
  return row;
}

/** The share lock keeps the data set from being deleted before this job is committed. */
async function requireReadyDataset(tx: Transaction, spec: JobSpec): Promise<void> {
  const { id } = spec.dataset;
  const [dataset] = await tx.select({ state: datasets.state }).from(datasets).where(eq(datasets.id, id)).for('share');
  if (!dataset) throw invalidField('dataset.id', `There is no data set ${id}`);
  if (dataset.state !== 'ready') throw new ScionError('datasetNotReady', `The data set ${id} is ${dataset.state}, not ready`);
}

/** The share lock makes a dependency that is ending now wait, so that it then finds the job that depends on it. */
async function hasUnfinishedDependency(tx: Transaction, spec: JobSpec): Promise<boolean> {
  const ids = dependenciesOf(spec);
  if (ids.length === 0) return false;
  const found = await tx
    .select({ id: jobs.id, state: jobs.state })
    .from(jobs)
    .where(inArray(jobs.id, ids))
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
