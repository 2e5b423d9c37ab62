/** A trainer process for tests: it speaks the real protocol, and does what the job's `method.script` says instead of training. */
import { spawnSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { newId, type StopReason, TrainerCommand, type TrainerMessage, type TrainRun } from '@scion/schema';
import { z } from 'zod';

export const TrainerStep = z.discriminatedUnion('do', [
  /** Reports the loss of a step. */
  z.strictObject({ do: z.literal('progress'), step: z.int(), loss: z.number() }),
  z.strictObject({ do: z.literal('checkpoint'), step: z.int() }),
  /** Says that it goes on from the newest checkpoint it was given. */
  z.strictObject({ do: z.literal('resume'), step: z.int() }),
  z.strictObject({ do: z.literal('print'), line: z.string() }),
  /** Prints the names of its environment variables, its process id, and when it was started. */
  z.strictObject({ do: z.literal('printSelf') }),
  z.strictObject({ do: z.literal('crash') }),
  z.strictObject({ do: z.literal('fillMemory') }),
  /** Takes so much, and goes on until it is told to stop. */
  z.strictObject({ do: z.literal('holdMemory'), bytes: z.int() }),
  z.strictObject({ do: z.literal('talkNonsense') }),
  z.strictObject({ do: z.literal('fail'), code: z.string() }),
  /** Goes on until it is told to stop. */
  z.strictObject({ do: z.literal('awaitStop') }),
  /** Goes on whatever it is told, as in a kernel that takes for ever. */
  z.strictObject({ do: z.literal('ignoreStop') }),
]);
export type TrainerStep = z.infer<typeof TrainerStep>;

/** What each attempt does, the last for all further ones; an attempt that comes to the end of its steps succeeds. */
const Script = z.array(z.array(TrainerStep));

let stopReason: StopReason | null = null;

if (process.send) {
  process.on('disconnect', () => process.exit(1));
  process.on('message', (raw) => {
    const command = TrainerCommand.parse(raw);
    if (command.type === 'stop') stopReason = command.reason;
    else void start(command.run);
  });
  send({ type: 'ready' });
}

function send(message: TrainerMessage): void {
  process.send?.(message);
}

async function start(run: TrainRun): Promise<void> {
  const script = Script.parse(run.spec.method['script']);
  const steps = script[run.attempt - 1] ?? script.at(-1) ?? [];
  for (const step of steps) {
    await perform(run, step);
    if (stopReason === null || step.do !== 'awaitStop') continue;
    if (stopReason !== 'cancel') saveCheckpoint(run, 99);
    if (stopReason === 'keep') return succeed({ step: 99, epoch: 9.9 });
    return end({ type: 'stopped', reason: stopReason });
  }
  succeed();
}

function succeed(stoppedAt?: { step: number; epoch: number }): void {
  const model = newId('model');
  send({
    type: 'report',
    report: {
      type: 'model',
      id: model,
      key: `models/${model}`,
      backbone: { type: 'reference-net' },
      inputShape: [8, 8, 3],
      classNames: ['cat', 'dog'],
      parameterCount: 1,
      metrics: {},
      sizeBytes: 4,
      sha256: 'd'.repeat(64),
    },
  });
  end({ type: 'succeeded', model, metrics: { 'test/accuracy': 1 }, ...(stoppedAt ? { stoppedAt } : {}) });
}

function end(outcome: Extract<TrainerMessage, { type: 'outcome' }>['outcome']): void {
  process.send?.({ type: 'outcome', outcome } satisfies TrainerMessage, undefined, undefined, () => process.exit(0));
}

async function perform(run: TrainRun, step: TrainerStep): Promise<void> {
  switch (step.do) {
    case 'progress': {
      const progress = {
        epoch: 0,
        epochs: 1,
        step: step.step,
        steps: 1000,
        fraction: step.step / 1000,
        etaSeconds: 1,
        imagesPerSecond: 1,
      };
      const metrics = [{ step: step.step, name: 'train/loss', value: step.loss }];
      return send({ type: 'report', report: { type: 'progress', progress, metrics } });
    }
    case 'checkpoint':
      return saveCheckpoint(run, step.step);
    case 'resume': {
      const data = { checkpoint: run.resumeFrom[0]?.id ?? null, step: step.step };
      return send({
        type: 'report',
        report: { type: 'event', event: 'attempt.resumed', level: 'info', message: 'Resumed', data },
      });
    }
    case 'print':
      return void process.stdout.write(`${step.line}\n`);
    case 'printSelf':
      return printSelf();
    case 'crash':
      writeSync(2, 'about to crash\n');
      await flushed();
      return process.abort();
    case 'fillMemory':
      return fillMemory();
    case 'holdMemory':
      held.push(Buffer.alloc(step.bytes, 1));
      return untilStopped(() => stopReason !== null);
    case 'talkNonsense':
      return void process.send?.({ type: 'report', report: { type: 'progress', progress: 'fast' } });
    case 'fail':
      send({ type: 'outcome', outcome: { type: 'failed', code: step.code, message: 'On purpose.' } });
      await flushed();
      return process.exit(0);
    case 'awaitStop':
      return untilStopped(() => stopReason !== null);
    case 'ignoreStop':
      return untilStopped(() => false);
  }
}

function printSelf(): void {
  const startedAt = new Date(performance.timeOrigin).toISOString();
  process.stdout.write(`${JSON.stringify({ pid: process.pid, startedAt, environment: Object.keys(process.env).sort() })}\n`);
}

function saveCheckpoint(run: TrainRun, step: number): void {
  const id = newId('checkpoint');
  const key = `jobs/${run.job}/checkpoints/${id}`;
  send({
    type: 'report',
    report: { type: 'checkpoint', id, key, epoch: 0, step, metrics: {}, sizeBytes: 4, sha256: 'e'.repeat(64) },
  });
}

async function untilStopped(isStopped: () => boolean): Promise<void> {
  while (!isStopped()) await delay(5);
}

/** Resolves when the messages before have been handed to the channel. */
function flushed(): Promise<void> {
  return new Promise((resolve) => process.send?.({ type: 'report', report: noReport }, undefined, undefined, () => resolve()));
}

const noReport = {
  type: 'event',
  event: 'run.warning',
  level: 'info',
  message: 'About to end',
  data: {},
} as const;

const held: Buffer[] = [];

/** A real one, in a process whose heap is small. */
function fillMemory(): void {
  const program = 'const held = []; for (;;) held.push(Array.from({ length: 1000 }, String));';
  spawnSync(process.execPath, ['--max-old-space-size=16', '--eval', program], { stdio: 'inherit' });
  process.abort();
}
