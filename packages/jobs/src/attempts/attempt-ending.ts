import { errorCatalogue, isErrorCode, type JobError, type JobSpec, type JobState, type TrainerOutcome } from '@scion/schema';
import type { attempts } from '../database/tables.ts';
import type { NewEvent } from '../jobs/change-job.ts';
import type { JobRow } from '../jobs/job-record.ts';

/** Why a trainer process ended without telling how. */
export type DeathCode = 'trainerCrashed' | 'outOfMemory' | 'stuck';

/** How an attempt ended: as its trainer told it, or by the death of the trainer or its worker. */
export type AttemptEnd =
  | { outcome: TrainerOutcome; logTail: readonly string[] }
  | {
      outcome: { type: 'died'; code: DeathCode | 'leaseLost'; message: string };
      logTail: readonly string[];
    };

/** What becomes of the job. */
export type Ending = {
  state: Extract<JobState, 'succeeded' | 'failed' | 'cancelled' | 'retrying' | 'paused'>;
  attemptState: Exclude<(typeof attempts.$inferSelect)['state'], 'running'>;
  error: JobError | null;
  /** Whether the end counts as a death. */
  isDeath: boolean;
  /** Milliseconds to wait before the next attempt, where there is one; a little chance is added. */
  backOffMs: number;
  /** Whether the next attempt learns at a lower rate. */
  lowersRate: boolean;
  events: NewEvent[];
};

/** So many deaths in a row, with no new checkpoint between them, are a crash loop. */
const crashLoopDeaths = 3;
/** Memory does not grow by trying: one more try is for a shortage that others caused. */
const outOfMemoryDeaths = 2;

const firstBackOffMs = 1000;
const longestBackOffMs = 60_000;

type JobSoFar = Pick<JobRow, 'stopRequested' | 'deaths' | 'deathsInARow' | 'divergences'> & {
  spec: Pick<JobSpec, 'maxRestarts' | 'onDivergence'>;
};

/** Decides what becomes of a job whose attempt has ended. A pure function of the job so far and the end. */
export function decideEnding(job: JobSoFar, end: AttemptEnd): Ending {
  const { outcome, logTail } = end;
  // Once a cancel was acknowledged, nothing but `cancelled` may follow, however the attempt ended.
  if (job.stopRequested === 'cancel') return cancelled(outcome.type);
  if (job.stopRequested === 'deadline' && outcome.type !== 'succeeded') return deadlineExceeded(logTail);
  const ending = endingOf(job, end);
  return job.stopRequested === 'pause' && ending.state === 'retrying' ? pausedInstead(ending) : ending;
}

function endingOf(job: JobSoFar, { outcome, logTail }: AttemptEnd): Ending {
  switch (outcome.type) {
    case 'succeeded':
      return succeeded(outcome);
    case 'stopped': {
      const message = outcome.reason === 'drain' ? 'The worker shut down' : 'The trainer has saved a checkpoint';
      return {
        ...atOnce,
        state: 'retrying',
        attemptState: 'stopped',
        events: [{ type: 'job.retrying', message: `${message}; the job goes on with the next free slot` }],
      };
    }
    case 'failed':
      if (outcome.code === 'diverged' && job.divergences < job.spec.onDivergence.retries)
        return afterDivergence(job, outcome.message);
      return isRetriable(outcome.code)
        ? afterDeath(job, { ...outcome, logTail })
        : failed({ ...outcome, attemptState: 'failed', logTail });
    case 'died':
      return afterDeath(job, { ...outcome, logTail });
  }
}

const atOnce = { error: null, isDeath: false, backOffMs: 0, lowersRate: false } as const;

function succeeded({ model, metrics, stoppedAt }: Extract<TrainerOutcome, { type: 'succeeded' }>): Ending {
  const message = stoppedAt
    ? `Stopped after step ${stoppedAt.step}, as asked; the model ${model} is ready`
    : `The model ${model} is ready`;
  return {
    ...atOnce,
    state: 'succeeded',
    attemptState: 'succeeded',
    events: [{ type: 'job.succeeded', message, data: { model, metrics, stoppedAt: stoppedAt ?? null } }],
  };
}

/** What would wait for a slot waits for `resume`. */
function pausedInstead(ending: Ending): Ending {
  const events = ending.events.filter(({ type }) => type !== 'job.retrying');
  return {
    ...ending,
    state: 'paused',
    backOffMs: 0,
    events: [...events, { type: 'job.paused', message: 'Paused while it ran' }],
  };
}

function afterDivergence({ divergences, spec }: JobSoFar, reason: string): Ending {
  const { retries, learningRateFactor } = spec.onDivergence;
  const message = `${reason}. Try ${divergences + 1} of at most ${retries}, with the learning rate multiplied by ${learningRateFactor}`;
  const data = { code: 'diverged', learningRateFactor };
  return {
    ...atOnce,
    state: 'retrying',
    attemptState: 'failed',
    lowersRate: true,
    events: [{ type: 'job.retrying', level: 'warn', message, data }],
  };
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
  if (death.code === 'stuck' && deathsInARow >= crashLoopDeaths) {
    return giveUp('stuck', `${death.message} That was so ${deathsInARow} times in a row, without a new checkpoint between.`);
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
  const backOffMs = Math.min(firstBackOffMs * 2 ** (deathsInARow - 1), longestBackOffMs);
  return { ...atOnce, state: 'retrying', attemptState: 'died', isDeath: true, backOffMs, events: [lost, retrying] };
}

function failed({ code, message, attemptState, logTail }: Death & { attemptState: 'failed' | 'died' }): Ending {
  return {
    ...atOnce,
    state: 'failed',
    attemptState,
    error: { code, message, retriable: isRetriable(code), logTail: [...logTail] },
    events: [{ type: 'job.failed', level: 'error', message, data: { code } }],
  };
}

function cancelled(outcome: AttemptEnd['outcome']['type']): Ending {
  return {
    ...atOnce,
    state: 'cancelled',
    attemptState: outcome === 'died' ? 'died' : 'stopped',
    events: [{ type: 'job.cancelled', message: 'Cancelled while it ran' }],
  };
}

function deadlineExceeded(logTail: readonly string[]): Ending {
  const message = 'The job did not end before its deadline. Give it more deadlineMinutes, or fewer epochs.';
  return failed({ code: 'deadlineExceeded', message, attemptState: 'failed', logTail });
}
