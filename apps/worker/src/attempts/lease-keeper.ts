import { type AttemptRef, type AttemptService, type JobService, type LeaseRenewal, startRepeatingTask } from '@scion/jobs';

type Watched = {
  ref: AttemptRef;
  /** The job went on without this attempt, or ended. */
  onLost: () => void;
  /** Someone asked the job to stop. */
  onStopRequested: (reason: NonNullable<LeaseRenewal['stopRequested']>) => void;
};

/** Keeps the leases of the attempts that run here, and hears by that what is asked of them. */
export type LeaseKeeper = {
  /** Returns what ends the watch. */
  watch(watched: Watched): () => void;
  stop(): Promise<void>;
};

/** A job changes with each report of its trainer; so often is looked at most. */
const minGapMs = 200;

/**
 * Renews each `everyMs`, and soon after a job changes. A database that cannot be reached loses no attempt: its writes are refused
 * if another worker has taken over meanwhile.
 */
export function createLeaseKeeper(options: {
  attempts: AttemptService;
  jobs: JobService;
  leaseMs: number;
  everyMs: number;
  onError: (error: unknown) => void;
}): LeaseKeeper {
  const { attempts, jobs, leaseMs, everyMs, onError } = options;
  const watchedAttempts = new Set<Watched>();

  const renew = async () => {
    const asked = [...watchedAttempts];
    const refs = asked.map(({ ref }) => ref);
    const renewals = await attempts.renewLeases(refs, leaseMs);
    for (const watched of asked) {
      if (!watchedAttempts.has(watched)) continue; // It ended while the answer was under way
      const held = renewals.find(({ jobId, attempt }) => jobId === watched.ref.jobId && attempt === watched.ref.attempt);
      if (!held) watched.onLost();
      else if (held.stopRequested) watched.onStopRequested(held.stopRequested);
    }
  };
  const renewing = startRepeatingTask({ run: renew, everyMs, minGapMs, onError });

  return {
    watch(watched) {
      watchedAttempts.add(watched);
      const unsubscribe = jobs.onJobChange(watched.ref.jobId, renewing.nudge);
      return () => {
        unsubscribe();
        watchedAttempts.delete(watched);
      };
    },
    stop: () => renewing.stop(),
  };
}
