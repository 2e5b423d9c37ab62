import type { ClaimedAttempt, Services } from '@scion/jobs';
import { artifactKeys, isTerminal, type JobState, ScionError } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import type { Logger } from 'pino';
import { createLogFile } from '../log-file.ts';
import { childEnvironment } from '../processes/child-environment.ts';
import type { Slot } from '../processes/slots.ts';
import { whileUnreachable } from '../while-unreachable.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { createReportRecorder } from './report-recorder.ts';
import type { StatusMirror } from './status-mirror.ts';
import { removeStrayCheckpoints } from './stray-checkpoints.ts';
import { startTrainer, type TrainerEnd } from './trainer-process.ts';

export type AttemptParts = {
  services: Services;
  store: ArtifactStore;
  leases: LeaseKeeper;
  mirror: StatusMirror;
  trainerPath: string;
  environment: NodeJS.ProcessEnv;
  cancelGraceMs: number;
  log: Logger;
};

/** An attempt that runs here. */
export type AttemptRun = {
  /** What became of the job; `lost` when it went on without this attempt. */
  readonly ended: Promise<JobState | 'lost'>;
  /** The worker shuts down: the trainer saves a checkpoint and ends, within `graceMs`, and the job is handed back. */
  drain(graceMs: number): void;
};

const refusedReport: TrainerEnd = {
  type: 'death',
  code: 'trainerCrashed',
  message: 'What the trainer reported could not be written down; the log of the worker says why.',
};

/** Runs a claimed attempt in a trainer process, writes down what it reports, and how it ended. */
export function startAttempt(parts: AttemptParts, { claimed, slot }: { claimed: ClaimedAttempt; slot: Slot }): AttemptRun {
  const { services, store, leases, mirror } = parts;
  const { ref, run } = claimed;
  const log = parts.log.child({ job: ref.jobId, attempt: ref.attempt, device: slot.device });
  const onError = (error: unknown) => log.warn({ err: error }, 'attempt');
  const logFile = createLogFile(store, artifactKeys.jobLog(ref.jobId, ref.attempt), onError);
  let isLost = false;
  let isDraining = false;
  let isRefused = false;
  const isOver = () => isLost;
  const lose = () => {
    isLost = true;
    trainer.kill();
  };

  const recorder = createReportRecorder({
    ref,
    services,
    store,
    mirror,
    isOver,
    onError,
    onRefused: (error) => {
      if (isLeaseLost(error)) return lose();
      log.error({ err: error }, 'a report could not be written down');
      isRefused = true;
      trainer.kill();
    },
  });
  const trainer = startTrainer({
    path: parts.trainerPath,
    run: { ...run, artifactsUrl: store.url, threads: slot.threads },
    environment: childEnvironment(parts.environment, slot.environment),
    onReport: (report) => recorder.add(report),
    onLine: (line) => logFile.write(line),
  });
  const unwatch = leases.watch({ ref, onLost: lose, onStopRequested: () => trainer.stop('cancel', parts.cancelGraceMs) });
  log.info('attempt started');

  const conclude = async (): Promise<JobState | 'lost'> => {
    const trainerEnd = await trainer.ended;
    await recorder.flush();
    await logFile.flush();
    const end = isRefused ? refusedReport : trainerEnd;
    const record = () => recordEnd({ services, claimed, end, isDraining, logTail: logFile.tail() });
    try {
      return isLost ? 'lost' : await whileUnreachable(record, { isOver, onError });
    } catch (error) {
      if (isLost || isLeaseLost(error)) return 'lost';
      throw error;
    } finally {
      unwatch();
    }
  };
  const ended = conclude().then(async (state) => {
    mirror.nudge();
    log.info({ state }, 'attempt ended');
    if (state !== 'lost' && isTerminal(state)) await removeStrayCheckpoints({ jobId: ref.jobId, services, store }).catch(onError);
    return state;
  });

  return {
    ended,
    drain(graceMs) {
      isDraining = true;
      trainer.stop('drain', graceMs);
    },
  };
}

function recordEnd(options: {
  services: Services;
  claimed: ClaimedAttempt;
  end: TrainerEnd;
  isDraining: boolean;
  logTail: readonly string[];
}): Promise<JobState> {
  const { services, claimed, end, isDraining, logTail } = options;
  if (end.type === 'outcome') return services.attempts.finish(claimed.ref, end.outcome, logTail);
  // Killed by the shut-down itself: the job goes on from its last checkpoint, and nothing is held against it.
  if (isDraining) return services.attempts.finish(claimed.ref, { type: 'stopped', reason: 'drain' }, logTail);
  return services.attempts.attemptDied(claimed.ref, { code: end.code, message: end.message, logTail });
}

function isLeaseLost(error: unknown): boolean {
  return error instanceof ScionError && error.code === 'leaseLost';
}
