import type { ClaimedAttempt, Services } from '@scion/jobs';
import { artifactKeys, type JobState, ScionError } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import type { Logger } from 'pino';
import { createLogFile, type LogFile } from '../log-file.ts';
import { childEnvironment } from '../processes/child-environment.ts';
import type { Slot } from '../processes/slots.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { createReportRecorder, rewriteMetricsMirror, whileUnreachable } from './report-recorder.ts';
import type { StatusMirror } from './status-mirror.ts';
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

/** Runs a claimed attempt in a trainer process, writes down what it reports, and how it ended. */
export function startAttempt(parts: AttemptParts, { claimed, slot }: { claimed: ClaimedAttempt; slot: Slot }): AttemptRun {
  const { services, store, leases, mirror, trainerPath, cancelGraceMs } = parts;
  const { ref, run } = claimed;
  const log = parts.log.child({ job: ref.jobId, attempt: ref.attempt, device: slot.device });
  const onError = (error: unknown) => log.warn({ err: error }, 'attempt');
  const logFile = createLogFile(store, artifactKeys.jobLog(ref.jobId, ref.attempt), onError);
  let isLost = false;
  let isDraining = false;
  let refusal: unknown = null;

  const recorder = createReportRecorder({
    ref,
    services,
    store,
    mirror,
    isOver: () => isLost,
    onError,
    onRefused: (error) => {
      if (isLeaseLost(error)) isLost = true;
      else refusal = error;
      trainer.kill();
    },
  });
  const trainer = startTrainer({
    path: trainerPath,
    run: { ...run, artifactsUrl: store.url, threads: slot.threads },
    environment: childEnvironment(parts.environment, slot.environment),
    onReport: (report) => recorder.add(report),
    onLine: (line) => logFile.write(line),
  });
  const unwatch = leases.watch({
    ref,
    onLost: () => {
      isLost = true;
      trainer.kill();
    },
    onStopRequested: () => trainer.stop('cancel', cancelGraceMs),
  });
  log.info('attempt started');

  const conclude = async (): Promise<JobState | 'lost'> => {
    if (ref.attempt > 1) await rewriteMetricsMirror({ ref, services, store }).catch(onError);
    const end = await trainer.ended;
    await recorder.flush();
    await logFile.flush();
    if (isLost) return 'lost';
    if (refusal) log.error({ err: refusal }, 'a report could not be written down');
    const effectiveEnd: TrainerEnd = refusal
      ? { type: 'death', code: 'trainerCrashed', message: 'A report of the trainer could not be written down.' }
      : end;
    try {
      return await whileUnreachable(() => recordEnd({ parts, claimed, end: effectiveEnd, isDraining, logFile }), {
        isOver: () => isLost,
        onError,
      });
    } catch (error) {
      if (isLost || isLeaseLost(error)) return 'lost';
      throw error;
    }
  };
  const ended = conclude().finally(() => {
    unwatch();
    mirror.nudge();
  });
  ended.then(
    (state) => log.info({ state }, 'attempt ended'),
    (error: unknown) => log.error({ err: error }, 'attempt ended'),
  );

  return {
    ended,
    drain(graceMs) {
      isDraining = true;
      trainer.stop('drain', graceMs);
    },
  };
}

function recordEnd(options: {
  parts: AttemptParts;
  claimed: ClaimedAttempt;
  end: TrainerEnd;
  isDraining: boolean;
  logFile: LogFile;
}): Promise<JobState> {
  const { parts, claimed, end, isDraining, logFile } = options;
  const { attempts } = parts.services;
  if (end.type === 'outcome') return attempts.finish(claimed.ref, end.outcome, logFile.tail());
  // Killed by the shut-down itself: the job goes on from its last checkpoint, and nothing is held against it.
  if (isDraining) return attempts.finish(claimed.ref, { type: 'stopped', reason: 'drain' }, logFile.tail());
  return attempts.attemptDied(claimed.ref, { code: end.code, message: end.message, logTail: logFile.tail() });
}

function isLeaseLost(error: unknown): boolean {
  return error instanceof ScionError && error.code === 'leaseLost';
}
