import type { DeathCode } from '@scion/jobs';
import { type StopReason, TrainerMessage, type TrainerOutcome, type TrainerReport, type TrainRun } from '@scion/schema';
import { type ChildEnd, describeEnd } from '../processes/forked-child.ts';
import { countKernelKills } from '../processes/kernel-kills.ts';
import { watchMemory } from '../processes/memory-watch.ts';
import type { IdleTrainer } from './idle-trainer.ts';
import { type StuckRule, watchForStuck } from './stuck-watch.ts';

/** How a trainer process ended. */
export type TrainerEnd = { type: 'outcome'; outcome: TrainerOutcome } | { type: 'death'; code: DeathCode; message: string };

export type TrainerProcess = {
  readonly ended: Promise<TrainerEnd>;
  /** Asks it to stop after its current step; after `graceMs`, if given, it is killed. */
  stop(reason: StopReason, graceMs: number | null): void;
  kill(): void;
};

export type TrainerLimits = {
  /** Memory of its own that it may hold; null for any. */
  memoryBytes: number | null;
  stuck: StuckRule;
};

const readyWithinMs = 120_000;
/** After its outcome a trainer only has to exit. */
const exitWithinMs = 5000;
const memoryMessages = /heap out of memory|std::bad_alloc|OOM when allocating|Cannot allocate memory|CUDA_ERROR_OUT_OF_MEMORY/i;
const abortExitCode = 134;

type StartTrainer = {
  trainer: IdleTrainer;
  run: TrainRun;
  limits: TrainerLimits;
  onReport: (report: TrainerReport) => void;
  onLine: (line: string) => void;
};

/** Gives a trainer process its run, and watches it until it ends. */
export function startTrainer({ trainer, run, limits, onReport, onLine }: StartTrainer): TrainerProcess {
  const killsBefore = countKernelKills();
  let outcome: TrainerOutcome | null = null;
  let fault: Fault | null = null;
  let ranOutOfMemory = false;
  let stopReason: StopReason | null = null;
  let isReady = false;

  const fail = (code: DeathCode, message: string) => {
    fault ??= { code, message };
    trainer.kill();
  };
  const receive = (message: TrainerMessage) => {
    switch (message.type) {
      case 'ready':
        isReady = true;
        clearTimeout(deadline);
        trainer.send({ type: 'start', run });
        if (stopReason !== null) trainer.send({ type: 'stop', reason: stopReason });
        break;
      case 'report':
        if (message.report.type === 'progress') watch.progressed();
        onReport(message.report);
        break;
      case 'outcome':
        outcome = message.outcome;
        watch.stop();
        deadline = setTimeout(trainer.kill, exitWithinMs);
    }
  };

  let deadline = setTimeout(() => fail('trainerCrashed', notReady), readyWithinMs);
  let graceTimer: NodeJS.Timeout | undefined;
  const watch = watchForStuck({ rule: limits.stuck, onStuck: (seconds) => fail('stuck', stuckMessage(seconds)) });
  const unwatchMemory = watchMemory({
    pid: trainer.pid,
    limitBytes: limits.memoryBytes,
    onExceeded: (heldBytes) => fail('outOfMemory', memoryMessage(heldBytes, limits.memoryBytes ?? 0)),
  });
  trainer.listen({
    onMessage: (message) => {
      if (fault !== null) return; // What comes after a fault cannot be relied on
      const parsed = TrainerMessage.safeParse(message);
      if (parsed.success) receive(parsed.data);
      else fail('trainerCrashed', `The trainer sent a message that is not of its protocol: ${parsed.error.message}`);
    },
    onLine: (line) => {
      ranOutOfMemory ||= memoryMessages.test(line);
      onLine(line);
    },
  });

  const ended = trainer.ended.then((end): TrainerEnd => {
    clearTimeout(deadline);
    clearTimeout(graceTimer);
    watch.stop();
    unwatchMemory();
    if (fault !== null) return { type: 'death', ...fault };
    return outcome
      ? { type: 'outcome', outcome }
      : deathOf(end, { ranOutOfMemory, wasKernelKill: countKernelKills() > killsBefore });
  });

  return {
    ended,
    stop(reason, graceMs) {
      if (stopReason === reason) return;
      stopReason = reason;
      if (isReady) trainer.send({ type: 'stop', reason });
      clearTimeout(graceTimer);
      if (graceMs !== null) graceTimer = setTimeout(trainer.kill, graceMs);
    },
    kill: trainer.kill,
  };
}

type Fault = { code: DeathCode; message: string };

const notReady = `The trainer was not ready within ${readyWithinMs / 1000} s.`;

function stuckMessage(seconds: number): string {
  return `The trainer made no step for ${seconds} s, far longer than its steps take, and was ended.`;
}

function memoryMessage(heldBytes: number, limitBytes: number): string {
  const inMebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);
  return `The trainer held ${inMebibytes(heldBytes)} MiB of memory, more than the ${inMebibytes(limitBytes)} MiB that it may.`;
}

function deathOf(
  end: ChildEnd,
  { ranOutOfMemory, wasKernelKill }: { ranOutOfMemory: boolean; wasKernelKill: boolean },
): TrainerEnd {
  if (ranOutOfMemory)
    return { type: 'death', code: 'outOfMemory', message: `The trainer ran out of memory (${describeEnd(end)}).` };
  if (end.signal === 'SIGKILL' && wasKernelKill)
    return { type: 'death', code: 'outOfMemory', message: 'The kernel killed the trainer for want of memory.' };
  const isAbort = end.signal === 'SIGABRT' || end.exitCode === abortExitCode;
  const hint = isAbort ? ': it gave up by itself, see its log' : '';
  return { type: 'death', code: 'trainerCrashed', message: `The trainer process was ${describeEnd(end)}${hint}.` };
}
