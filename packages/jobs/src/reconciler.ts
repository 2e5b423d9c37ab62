import { terminalStates } from '@scion/schema';
import { and, eq, isNull, lt, notInArray, sql } from 'drizzle-orm';
import type { AuditService } from './access/audit-service.ts';
import type { AttemptService } from './attempts/attempt-service.ts';
import type { Database } from './database/database.ts';
import { idempotencyKeys, jobs } from './database/tables.ts';
import type { ValidationService } from './datasets/validation-service.ts';
import { changeJob } from './jobs/change-job.ts';
import { settleBlockedJob, settleDependents } from './jobs/dependencies.ts';
import type { JobRow } from './jobs/job-record.ts';
import { compareQueue } from './queue/compare-queue.ts';
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
  audit: AuditService;
  onError: (error: unknown) => void;
}): Reconciler {
  const { database, queue, attempts, validations, audit, onError } = parts;

  const endLostAndOverdue = async () => ({
    lostJobs: await attempts.expireLeases(),
    lostValidations: (await validations.expireLeases()).map(({ id }) => id),
    overdueJobs: await endOverdueJobs(database),
  });

  const reconcile = async (): Promise<Reconciliation> => {
    const ended = await endLostAndOverdue();
    const unblockedJobs = await settleBlockedJobs(database);
    await database.orm.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, sql`clock_timestamp() - interval '1 day'`));
    await audit.purge();
    const jobEntries = await refill(database, queue, 'job');
    const datasetEntries = await refill(database, queue, 'dataset');
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
      const afterOutage = createOutageGuard(database);
      const tasks = [
        startRepeatingTask({ run: () => afterOutage(reconcile), everyMs, onError }),
        startRepeatingTask({ run: () => afterOutage(endLostAndOverdue), everyMs: lookEveryMs, onError }),
      ];
      return async () => {
        await Promise.all(tasks.map((task) => task.stop()));
      };
    },
  };
}

/**
 * While the database was out of reach nobody could renew a lease: after that, one round is left out, in which all who live renew theirs.
 */
function createOutageGuard(database: Database): (round: () => Promise<unknown>) => Promise<void> {
  let isAway = false;
  return async (round) => {
    try {
      await (isAway ? database.ping() : round());
      isAway = false;
    } catch (error) {
      isAway = true;
      throw error;
    }
  };
}

async function refill(database: Database, queue: WorkQueue, kind: WorkKind): Promise<{ requeued: string[]; orphans: string[] }> {
  const { missing, orphans } = await compareQueue(database, queue, kind);
  await queue.add(kind, missing);
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
