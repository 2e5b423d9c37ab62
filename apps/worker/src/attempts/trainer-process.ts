import { TrainerMessage, type TrainerOutcome, type TrainerReport, type TrainRun } from '@scion/schema';
import { type ChildEnd, describeEnd, forkChild } from '../processes/forked-child.ts';

/** How a trainer process ended. */
export type TrainerEnd =
  | { type: 'outcome'; outcome: TrainerOutcome }
  | { type: 'death'; code: 'trainerCrashed' | 'outOfMemory'; message: string };

export type TrainerProcess = {
  readonly ended: Promise<TrainerEnd>;
  /** Asks it to stop after its current step; after `graceMs` it is killed. */
  stop(reason: 'cancel' | 'drain', graceMs: number): void;
  kill(): void;
};

const readyWithinMs = 120_000;
/** After its outcome a trainer only has to exit. */
const exitWithinMs = 5000;
const memoryMessages = /heap out of memory|std::bad_alloc|OOM when allocating|Cannot allocate memory|CUDA_ERROR_OUT_OF_MEMORY/i;
const abortExitCode = 134;

type StartTrainer = {
  path: string;
  run: TrainRun;
  environment: NodeJS.ProcessEnv;
  onReport: (report: TrainerReport) => void;
  onLine: (line: string) => void;
};

/** Starts a fresh trainer process for one attempt. */
export function startTrainer({ path, run, environment, onReport, onLine }: StartTrainer): TrainerProcess {
  let outcome: TrainerOutcome | null = null;
  let fault: string | null = null;
  let ranOutOfMemory = false;
  let stopReason: 'cancel' | 'drain' | null = null;
  let isReady = false;

  const fail = (message: string) => {
    fault ??= message;
    child.kill();
  };
  const receive = (message: TrainerMessage) => {
    switch (message.type) {
      case 'ready':
        isReady = true;
        clearTimeout(deadline);
        child.send({ type: 'start', run });
        if (stopReason !== null) child.send({ type: 'stop', reason: stopReason });
        break;
      case 'report':
        onReport(message.report);
        break;
      case 'outcome':
        outcome = message.outcome;
        deadline = setTimeout(child.kill, exitWithinMs);
    }
  };

  const child = forkChild({
    path,
    environment,
    onMessage: (message) => {
      if (fault !== null) return; // What comes after a fault cannot be relied on
      const parsed = TrainerMessage.safeParse(message);
      if (parsed.success) receive(parsed.data);
      else fail(`The trainer sent a message that is not of its protocol: ${parsed.error.message}`);
    },
    onLine: (line) => {
      ranOutOfMemory ||= memoryMessages.test(line);
      onLine(line);
    },
  });
  let deadline = setTimeout(() => fail(`The trainer was not ready within ${readyWithinMs / 1000} s.`), readyWithinMs);
  let graceTimer: NodeJS.Timeout | undefined;

  const ended = child.ended.then((end): TrainerEnd => {
    clearTimeout(deadline);
    clearTimeout(graceTimer);
    if (fault !== null) return { type: 'death', code: 'trainerCrashed', message: fault };
    return outcome ? { type: 'outcome', outcome } : deathOf(end, ranOutOfMemory);
  });

  return {
    ended,
    stop(reason, graceMs) {
      if (stopReason === reason) return;
      stopReason = reason;
      if (isReady) child.send({ type: 'stop', reason });
      clearTimeout(graceTimer);
      graceTimer = setTimeout(child.kill, graceMs);
    },
    kill: child.kill,
  };
}

function deathOf(end: ChildEnd, ranOutOfMemory: boolean): TrainerEnd {
  if (ranOutOfMemory)
    return { type: 'death', code: 'outOfMemory', message: `The trainer ran out of memory (${describeEnd(end)}).` };
  const isAbort = end.signal === 'SIGABRT' || end.exitCode === abortExitCode;
  const hint = isAbort ? ': it gave up by itself, see its log' : '';
  return { type: 'death', code: 'trainerCrashed', message: `The trainer process was ${describeEnd(end)}${hint}.` };
}
