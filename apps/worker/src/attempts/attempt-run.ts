import type { ClaimedAttempt, Services } from '@scion/jobs';
import { artifactKeys, isTerminal, type JobState, ScionError, type StopRequest } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import type { Logger } from 'pino';
import { createLogFile, type LogFile } from '../log-file.ts';
import type { Slot } from '../processes/slots.ts';
import { whileUnreachable } from '../while-unreachable.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { createReportRecorder, type ReportRecorder } from './report-recorder.ts';
import type { SpareTrainers } from './spare-trainers.ts';
import type { StatusMirror } from './status-mirror.ts';
import { removeStrayCheckpoints } from './stray-checkpoints.ts';
import { startTrainer, type TrainerEnd, type TrainerLimits, type TrainerProcess } from './trainer-process.ts';

export type AttemptParts = {
  services: Services;
  store: ArtifactStore;
  leases: LeaseKeeper;
  mirror: StatusMirror;
  spares: SpareTrainers;
  limits: TrainerLimits;
  /** From the request until the trainer is killed. */
  graceMs: { cancel: number; pause: number };
  log: Logger;
};

/** An attempt that runs here. */
export type AttemptRun = {
  /** What became of the job; `lost` when it went on without this attempt. */
  readonly ended: Promise<JobState | 'lost'>;
  /** The worker shuts down: the trainer saves a checkpoint and ends, within `graceMs`, and the job is handed back. */
  drain(graceMs: number): void;
};

/** What happens to an attempt from outside while its trainer runs. */
type Fate = {
  /** The job goes on without it. */
  isLost: boolean;
  /** A report of its could not be written down. */
  isRefused: boolean;
  /** Whether its job is to be handed back: the worker shuts down, or the job is paused. */
  handBack: 'drain' | 'pause' | null;
};

const refusedReport: TrainerEnd = {
  type: 'death',
  code: 'trainerCrashed',
  message: 'What the trainer reported could not be written down; the log of the worker says why.',
};

/** Runs a claimed attempt in a trainer process, writes down what it reports, and how it ended. */
export function startAttempt(parts: AttemptParts, { claimed, slot }: { claimed: ClaimedAttempt; slot: Slot }): AttemptRun {
  const { services, store, leases, mirror, spares, graceMs } = parts;
  const { ref, run } = claimed;
  const log = parts.log.child({ job: ref.jobId, attempt: ref.attempt, device: slot.device });
  const onError = (error: unknown) => log.warn({ err: error }, 'attempt');
  const logFile = createLogFile(store, artifactKeys.jobLog(ref.jobId, ref.attempt), onError);
  const fate: Fate = { isLost: false, isRefused: false, handBack: null };
  const lose = () => {
    fate.isLost = true;
    trainer.kill();
  };

  const recorder = createReportRecorder({
    ref,
    services,
    store,
    mirror,
    isOver: () => fate.isLost,
    onError,
    onRefused: (error) => {
      if (isLeaseLost(error)) return lose();
      log.error({ err: error }, 'a report could not be written down');
      fate.isRefused = true;
      trainer.kill();
    },
  });
  let modelFolder: string | null = null;
  const trainer = startTrainer({
    trainer: spares.take(slot),
    run: { ...run, artifactsUrl: store.url, threads: slot.threads },
    limits: parts.limits,
    onReport: (report) => {
      if (report.type === 'progress') spares.refill(slot); // Not before: it would slow the start of this one
      if (report.type === 'model') modelFolder = report.key;
      recorder.add(report);
    },
    onLine: (line) => logFile.write(line),
  });
  const stop = (request: StopRequest) => {
    if (request === 'cancel') return trainer.stop('cancel', graceMs.cancel);
    // How long a model takes to make cannot be told; a trainer that is stuck over it is ended all the same.
    if (request === 'keep') return trainer.stop('keep', null);
    if (request === 'pause') fate.handBack = 'pause';
    trainer.stop('pause', graceMs.pause);
  };
  const unwatch = leases.watch({ ref, onLost: lose, onStopRequested: stop });
  if (claimed.stopRequested !== null) stop(claimed.stopRequested);
  log.info('attempt started');

  const ended = conclude({ services, claimed, trainer, recorder, logFile, fate, onError })
    .finally(() => {
      unwatch();
      spares.refill(slot);
    })
    .then(async (state) => {
      mirror.nudge();
      log.info({ state }, 'attempt ended');
      if (state !== 'lost' && isTerminal(state))
        await removeStrayCheckpoints({ jobId: ref.jobId, services, store }).catch(onError);
      // Made, but cancelled in the same moment: its record is gone
      if (state !== 'lost' && state !== 'succeeded' && modelFolder !== null) await store.remove(modelFolder).catch(onError);
      return state;
    });

  return {
    ended,
    drain(drainGraceMs) {
      fate.handBack = 'drain';
      trainer.stop('drain', drainGraceMs);
    },
  };
}

/** Waits for the end of the trainer, then writes down all that it told, and how it ended. */
async function conclude(attempt: {
  services: Services;
  claimed: ClaimedAttempt;
  trainer: TrainerProcess;
  recorder: ReportRecorder;
  logFile: LogFile;
  fate: Fate;
  onError: (error: unknown) => void;
}): Promise<JobState | 'lost'> {
  const { services, claimed, trainer, recorder, logFile, fate, onError } = attempt;
  const trainerEnd = await trainer.ended;
  await recorder.flush();
  await logFile.flush();
  if (fate.isLost) return 'lost';
  const end = fate.isRefused ? refusedReport : trainerEnd;
  const record = () => recordEnd({ services, claimed, end, handBack: fate.handBack, logTail: logFile.tail() });
  return whileUnreachable(record, { isOver: () => fate.isLost, onError }).catch((error: unknown) => {
    if (fate.isLost || isLeaseLost(error)) return 'lost';
    throw error;
  });
}

function recordEnd(options: {
  services: Services;
  claimed: ClaimedAttempt;
  end: TrainerEnd;
  handBack: Fate['handBack'];
  logTail: readonly string[];
}): Promise<JobState> {
  const { services, claimed, end, handBack, logTail } = options;
  if (end.type === 'outcome') return services.attempts.finish(claimed.ref, end.outcome, logTail);
  // Killed for want of time: the job goes on from its last checkpoint, and nothing is held against it.
  if (handBack !== null) return services.attempts.finish(claimed.ref, { type: 'stopped', reason: handBack }, logTail);
  return services.attempts.attemptDied(claimed.ref, { code: end.code, message: end.message, logTail });
}

function isLeaseLost(error: unknown): boolean {
  return error instanceof ScionError && error.code === 'leaseLost';
}
