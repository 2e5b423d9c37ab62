import type { CheckpointId, StopRequest, TrainerOutcome, TrainerReport, TrainRun } from '@scion/schema';
import { and, eq, inArray, isNotNull, lt, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { type Database, inMs } from '../database/database.ts';
import { jobs } from '../database/tables.ts';
import type { JobRow } from '../jobs/job-record.ts';
import type { Dispatcher } from '../queue/dispatcher.ts';
import type { AttemptEnd, DeathCode } from './attempt-ending.ts';
import { type AttemptRef, isRunningAttempt } from './attempt-ref.ts';
import { type Claim, claimAttempt } from './claim-attempt.ts';
import { endAttempt } from './end-attempt.ts';
import { recordReport } from './record-report.ts';

/** What a trainer needs, but for what only its worker knows. */
export type ClaimedRun = Omit<TrainRun, 'artifactsUrl' | 'threads'>;

/** `stopRequested` is `keep` where all that is left to do is to make a model of the newest checkpoint. */
export type ClaimedAttempt = { ref: AttemptRef; run: ClaimedRun; stopRequested: StopRequest | null };

export type SurplusCheckpoint = { id: z.infer<typeof CheckpointId>; key: string };

export type LeaseRenewal = AttemptRef & { stopRequested: StopRequest | null };

/**
 * What workers do with jobs. Every write carries the attempt's number: an attempt that is over (its lease ran out and the job
 * went on, or it ended) gets a `leaseLost` error and has written nothing.
 */
export type AttemptService = {
  /**
   * The right to run the first job in line (the one of highest priority, among these the oldest) for `leaseMs`, or just the one
   * that is named; null where none waits that may start now. Jobs whose inputs are gone are failed on the way.
   */
  claim(claim: Claim): Promise<ClaimedAttempt | null>;
  /** Milliseconds until a job that waits for another try may start; null where it does not wait for that. */
  msUntilNextTry(jobId: string): Promise<number | null>;
  /** Extends the leases of the attempts that still run, and returns these; one that is missing is lost. */
  renewLeases(refs: readonly AttemptRef[], leaseMs: number): Promise<LeaseRenewal[]>;
  /** Writes down a report. Returns the checkpoints beyond those to keep: remove their files, then forget them. */
  recordReport(ref: AttemptRef, report: TrainerReport): Promise<{ surplusCheckpoints: SurplusCheckpoint[] }>;
  /** The trainer told how it ended. */
  finish(ref: AttemptRef, outcome: TrainerOutcome, logTail: readonly string[]): Promise<JobRow['state']>;
  /** The trainer ended without telling how. The job is retried, unless it died too often. */
  attemptDied(ref: AttemptRef, death: { code: DeathCode; message: string; logTail: readonly string[] }): Promise<JobRow['state']>;
  /** Ends the attempts of workers that are gone. Returns the ids of their jobs. */
  expireLeases(): Promise<string[]>;
};

export function createAttemptService({
  database: { orm },
  dispatcher,
}: {
  database: Database;
  dispatcher: Dispatcher;
}): AttemptService {
  const end = async (ref: AttemptRef, attemptEnd: AttemptEnd, options: { onlyIfExpired: boolean } = { onlyIfExpired: false }) => {
    const { state, toDispatch } = await orm.transaction((tx) => endAttempt(tx, ref, { attemptEnd, ...options }));
    await dispatcher.dispatchJobs(toDispatch);
    return state;
  };

  return {
    async claim(claim) {
      const { claimed, toDispatch } = await orm.transaction((tx) => claimAttempt(tx, claim));
      await dispatcher.dispatchJobs(toDispatch);
      return claimed;
    },

    async msUntilNextTry(jobId) {
      const [row] = await orm
        .select({ ms: sql<number>`ceil(extract(epoch from ${jobs.nextTryAt} - clock_timestamp()) * 1000)::float` })
        .from(jobs)
        .where(and(eq(jobs.id, jobId), eq(jobs.state, 'retrying'), isNotNull(jobs.nextTryAt)));
      return row ? Math.max(row.ms, 0) : null;
    },

    async renewLeases(refs, leaseMs) {
      if (refs.length === 0) return [];
      const rows = await orm
        .update(jobs)
        .set({ leaseUntil: inMs(leaseMs) })
        .where(
          and(
            inArray(
              jobs.id,
              refs.map(({ jobId }) => jobId),
            ),
            eq(jobs.state, 'running'),
            sql`(${sql.join(refs.map(isRunningAttempt), sql` or `)})`,
          ),
        )
        .returning({ jobId: jobs.id, attempt: jobs.attempt, stopRequested: jobs.stopRequested });
      return rows;
    },

    recordReport: (ref, report) => orm.transaction((tx) => recordReport(tx, ref, report)),

    finish: (ref, outcome, logTail) => end(ref, { outcome, logTail }),

    attemptDied: (ref, { code, message, logTail }) => end(ref, { outcome: { type: 'died', code, message }, logTail }),

    async expireLeases() {
      const expired = await orm
        .select({ jobId: jobs.id, attempt: jobs.attempt })
        .from(jobs)
        .where(and(eq(jobs.state, 'running'), lt(jobs.leaseUntil, sql`clock_timestamp()`)))
        .orderBy(jobs.id);
      const outcome = { type: 'died', code: 'leaseLost', message: 'Its worker was lost.' } as const;
      for (const ref of expired) await end(ref, { outcome, logTail: [] }, { onlyIfExpired: true });
      return expired.map(({ jobId }) => jobId);
    },
  };
}
