import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type TrainerCommand, TrainerMessage, type TrainerOutcome, type TrainerReport, type TrainRun } from '@scion/schema';

export type ForkedTrainer = {
  child: ChildProcess;
  /** What it has reported so far. */
  reports: readonly TrainerReport[];
  send(command: TrainerCommand): void;
  /** Resolves once it is gone. `outcome` is null where it told none. */
  ended: Promise<{ outcome: TrainerOutcome | null; code: number | null; signal: NodeJS.Signals | null }>;
};

/** Forks the trainer process as a supervisor does, and starts a run as soon as it is ready. */
export function forkTrainer(run: TrainRun, onReport: (report: TrainerReport, trainer: ForkedTrainer) => void = () => undefined) {
  const child = fork(fileURLToPath(new URL('./process.js', import.meta.url)), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const reports: TrainerReport[] = [];
  let outcome: TrainerOutcome | null = null;
  const send = (command: TrainerCommand) => void child.send(command);
  const ended = once(child, 'exit').then(([code, signal]: unknown[]) => ({
    outcome,
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
  }));
  const trainer: ForkedTrainer = { child, reports, send, ended };
  child.on('message', (raw) => {
    const message = TrainerMessage.parse(raw);
    if (message.type === 'ready') send({ type: 'start', run });
    else if (message.type === 'outcome') outcome = message.outcome;
    else {
      reports.push(message.report);
      onReport(message.report, trainer);
    }
  });
  return trainer;
}
