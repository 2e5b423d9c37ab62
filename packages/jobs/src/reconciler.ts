import { terminalStates } from '@scion/schema';
import { and, eq, inArray, isNull, lt, notInArray, sql } from 'drizzle-orm';
import type { AttemptService } from './attempts/attempt-service.ts';
import type { Database } from './database/database.ts';
import { datasets, idempotencyKeys, jobs } from './database/tables.ts';
import type { ValidationService } from './datasets/validation-service.ts';
import { changeJob } from './jobs/change-job.ts';
import { settleBlockedJob, settleDependents } from './jobs/dependencies.ts';
import type { JobRow } from './jobs/job-record.ts';
import type { WorkKind, WorkQueue } from './queue/work-queue.ts';
import { startRepeatingTask } from './repeating-task.ts';

/** What one round put right. */
export type Reconciliation = {
  /** Ids of jobs whose worker was lost. */
  lostJobs: string[];
  lostValidations: string[];
  /** Ids of jobs past their deadline, ended or asked to stop. */
  overdueJobs: string[];
  unblockedJobs: string[];
  /** Ids that had to be announced again. */
  requeued: string[];
  /** Ids of queue entries with nothing to do. */
  orphans: string[];
};

/**
 * Brings the queue in line with PostgreSQL, which is the truth, and ends what lost its worker or its time. Safe to run in every
 * worker at once: each change is a guarded statement.
 */
export type Reconciler = {
  reconcile(): Promise<Reconciliation>;
  /**
   * Reconciles now and each `everyMs`, and between that looks for lost workers and passed deadlines each `lookEveryMs`. Returns
   * what ends it, after the round that runs.
   */
  start(intervals: { everyMs: number; lookEveryMs: number }): () => Promise<void>;
};

export function createReconciler(parts: {
  database: Database;
  queue: WorkQueue;
  attempts: AttemptService;
  validations: ValidationService;
  onError: (error: unknown) => void;
}): Reconciler {
  const { database, queue, attempts, validations, onError } = parts;

  const endLostAndOverdue = async () => ({
    lostJobs: await attempts.expireLeases(),
    lostValidations: (await validations.expireLeases()).map(({ id }) => id),
    overdueJobs: await endOverdueJobs(database),
  });

  const reconcile = async (): Promise<Reconciliation> => {
    const ended = await endLostAndOverdue();
    const unblockedJobs = await settleBlockedJobs(database);
    await database.orm.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, sql`clock_timestamp() - interval '1 day'`));
    const jobEntries = await refill(queue, 'job', () => waitingJobs(database));
    const datasetEntries = await refill(queue, 'dataset', () => waitingDatasets(database));
    return {
      ...ended,
      unblockedJobs,
      requeued: [...jobEntries.requeued, ...datasetEntries.requeued],
      orphans: [...jobEntries.orphans, ...datasetEntries.orphans],
    };
  };

  return {
    reconcile,
    start({ everyMs, lookEveryMs }) {
      const tasks = [
        startRepeatingTask({ run: reconcile, everyMs, onError }),
        startRepeatingTask({ run: endLostAndOverdue, everyMs: lookEveryMs, onError }),
      ];
      return async () => {
        await Promise.all(tasks.map((task) => task.stop()));
      };
    },
  };
}

type Waiting = { id: string; priority: number };

function waitingJobs({ orm }: Database): Promise<Waiting[]> {
  return orm
    .select({ id: jobs.id, priority: jobs.priority })
    .from(jobs)
    .where(inArray(jobs.state, ['queued', 'retrying']))
    .orderBy(jobs.createdAt, jobs.id);
}

function waitingDatasets({ orm }: Database): Promise<Waiting[]> {
  return orm
    .select({ id: datasets.id, priority: sql<number>`0` })
    .from(datasets)
    .where(and(eq(datasets.state, 'validating'), isNull(datasets.leaseUntil), isNull(datasets.deletedAt)))
    .orderBy(datasets.createdAt, datasets.id);
}

/** What waited before the entries were read should have one; what an entry names should have waited before or after. */
async function refill(
  queue: WorkQueue,
  kind: WorkKind,
  readWaiting: () => Promise<Waiting[]>,
): Promise<{ requeued: string[]; orphans: string[] }> {
  const before = await readWaiting();
  const entries = await queue.entryIds(kind);
  const after = await readWaiting();
  const missing = before.filter(({ id }) => !entries.waiting.has(id) && !entries.active.has(id));
  await queue.add(kind, missing);
  const known = new Set([...before, ...after].map(({ id }) => id));
  const orphans = [...entries.waiting].filter((id) => !known.has(id));
  await queue.remove(kind, orphans);
  return { requeued: missing.map(({ id }) => id), orphans };
}

async function settleBlockedJobs({ orm }: Database): Promise<string[]> {
  const blocked = await orm.select({ id: jobs.id }).from(jobs).where(eq(jobs.state, 'blocked')).orderBy(jobs.id);
  const queued: JobRow[] = [];
  for (const { id } of blocked) queued.push(...(await orm.transaction((tx) => settleBlockedJob(tx, id))));
  return queued.map(({ id }) => id);
}

async function endOverdueJobs({ orm }: Database): Promise<string[]> {
  const overdue = await orm
    .select({ id: jobs.id, state: jobs.state })
    .from(jobs)
    .where(
      and(notInArray(jobs.state, [...terminalStates]), lt(jobs.deadlineAt, sql`clock_timestamp()`), isNull(jobs.stopRequested)),
    );
  for (const job of overdue) {
    await orm.transaction(async (tx) => {
      const guard = and(eq(jobs.state, job.state), isNull(jobs.stopRequested));
      if (job.state === 'running') {
        const message = 'The deadline has passed; the trainer saves a checkpoint after its current step';
        const event = { type: 'job.stopRequested', level: 'warn', message, data: { stop: 'deadline' } } as const;
        await changeJob(tx, { jobId: job.id, guard, set: { stopRequested: 'deadline' }, events: [event] });
        return;
      }
      const message = 'The job did not start before its deadline';
      const error = { code: 'deadlineExceeded', message, retriable: false, logTail: [] };
      const row = await changeJob(tx, {
        jobId: job.id,
        guard,
        set: { state: 'failed', error, finishedAt: sql`clock_timestamp()` },
        events: [{ type: 'job.failed', level: 'error', message, data: { code: error.code } }],
      });
      if (row) await settleDependents(tx, job.id);
    });
  }
  return overdue.map(({ id }) => id);
}
