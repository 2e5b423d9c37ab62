import { errorCatalogue, isErrorCode, type JobError, type JobState, type TrainerOutcome } from '@scion/schema';
import type { attempts } from '../database/tables.ts';
import type { NewEvent } from '../jobs/change-job.ts';
import type { JobRow } from '../jobs/job-record.ts';

/** How an attempt ended: as its trainer told it, or by the death of the trainer or its worker. */
export type AttemptEnd =
  | { outcome: TrainerOutcome; logTail: readonly string[] }
  | {
      outcome: { type: 'died'; code: 'trainerCrashed' | 'outOfMemory' | 'leaseLost'; message: string };
      logTail: readonly string[];
    };

/** What becomes of the job. */
export type Ending = {
  state: Extract<JobState, 'succeeded' | 'failed' | 'cancelled' | 'retrying'>;
  attemptState: Exclude<(typeof attempts.$inferSelect)['state'], 'running'>;
  error: JobError | null;
  /** Whether the end counts as a death. */
  isDeath: boolean;
  events: NewEvent[];
};

/** So many deaths in a row, with no new checkpoint between them, are a crash loop. */
const crashLoopDeaths = 3;
/** Memory does not grow by trying: one more try is for a shortage that others caused. */
const outOfMemoryDeaths = 2;

type JobSoFar = Pick<JobRow, 'stopRequested' | 'deaths' | 'deathsInARow'> & { spec: { maxRestarts: number } };

/** Decides what becomes of a job whose attempt has ended. A pure function of the job so far and the end. */
export function decideEnding(job: JobSoFar, { outcome, logTail }: AttemptEnd): Ending {
  // Once a cancel was acknowledged, nothing but `cancelled` may follow, however the attempt ended.
  if (job.stopRequested === 'cancel') return cancelled(outcome.type);
  if (job.stopRequested === 'deadline' && outcome.type !== 'succeeded') return deadlineExceeded(logTail);
  switch (outcome.type) {
    case 'succeeded':
      return {
        state: 'succeeded',
        attemptState: 'succeeded',
        error: null,
        isDeath: false,
        events: [
          {
            type: 'job.succeeded',
            message: `The model ${outcome.model} is ready`,
            data: { model: outcome.model, metrics: outcome.metrics },
          },
        ],
      };
    case 'stopped':
      return {
        state: 'retrying',
        attemptState: 'stopped',
        error: null,
        isDeath: false,
        events: [{ type: 'job.retrying', message: 'The worker shut down; the job goes on with the next free slot' }],
      };
    case 'failed':
      return isRetriable(outcome.code)
        ? afterDeath(job, { ...outcome, logTail })
        : failed({ ...outcome, attemptState: 'failed', logTail });
    case 'died':
      return afterDeath(job, { ...outcome, logTail });
  }
}

function isRetriable(code: string): boolean {
  return isErrorCode(code) && errorCatalogue[code].retriable;
}

type Death = { code: string; message: string; logTail: readonly string[] };

function afterDeath(job: JobSoFar, death: Death): Ending {
  const deaths = job.deaths + 1;
  const deathsInARow = job.deathsInARow + 1;
  const lost: NewEvent = {
    type: 'attempt.lost',
    level: 'warn',
    message: death.message,
    data: { code: death.code, deaths, deathsInARow },
  };
  const giveUp = (code: string, message: string) => {
    const ending = failed({ code, message, attemptState: 'died', logTail: death.logTail });
    return { ...ending, isDeath: true, events: [lost, ...ending.events] };
  };
  if (death.code === 'outOfMemory' && deathsInARow >= outOfMemoryDeaths) {
    return giveUp('outOfMemory', `${death.message} Use a smaller batchSize or a smaller backbone.`);
  }
  if (deathsInARow >= crashLoopDeaths) {
    return giveUp(
      'crashLoop',
      `The trainer died ${deathsInARow} times in a row without a new checkpoint. The last time: ${death.message}`,
    );
  }
  if (deaths > job.spec.maxRestarts) {
    return giveUp(death.code, `${death.message} It was restarted ${job.spec.maxRestarts} times, which is the job's maxRestarts.`);
  }
  const retrying: NewEvent = { type: 'job.retrying', message: `Restart ${deaths} of at most ${job.spec.maxRestarts}` };
  return { state: 'retrying', attemptState: 'died', error: null, isDeath: true, events: [lost, retrying] };
}

function failed({ code, message, attemptState, logTail }: Death & { attemptState: 'failed' | 'died' }): Ending {
  return {
    state: 'failed',
    attemptState,
    error: { code, message, retriable: isRetriable(code), logTail: [...logTail] },
    isDeath: false,
    events: [{ type: 'job.failed', level: 'error', message, data: { code } }],
  };
}

function cancelled(outcome: AttemptEnd['outcome']['type']): Ending {
  return {
    state: 'cancelled',
    attemptState: outcome === 'died' ? 'died' : 'stopped',
    error: null,
    isDeath: false,
    events: [{ type: 'job.cancelled', message: 'Cancelled while it ran' }],
  };
}

function deadlineExceeded(logTail: readonly string[]): Ending {
  const message = 'The job did not end before its deadline. Give it more deadlineMinutes, or fewer epochs.';
  return failed({ code: 'deadlineExceeded', message, attemptState: 'failed', logTail });
}
