import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A process that is started again whenever it ends, as a service manager does it. */
export type KeptProcess = {
  readonly name: string;
  /** Of the one that runs now; null between two. */
  pid(): number | null;
  signal(signal: NodeJS.Signals): void;
  /** Ends it for good: in order where it does that in time. */
  stop(): Promise<void>;
};

const restartMs = 200;
const stopWithinMs = 35_000;

export function keepProcess(options: {
  name: string;
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  logPath: string;
}): KeptProcess {
  const { name, command, args, env = {}, logPath } = options;
  let child: ChildProcess | null = null;
  let isStopping = false;

  const start = (): ChildProcess => {
    const log = openSync(logPath, 'a');
    const started = spawn(command, args, { env, stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    return started;
  };
  const keep = async () => {
    while (!isStopping) {
      child = start();
      await once(child, 'exit');
      child = null;
      if (!isStopping) await delay(restartMs);
    }
  };
  const kept = keep();

  return {
    name,
    pid: () => child?.pid ?? null,
    signal: (signal) => void child?.kill(signal),
    async stop() {
      isStopping = true;
      child?.kill('SIGCONT');
      child?.kill('SIGTERM');
      const timer = setTimeout(() => child?.kill('SIGKILL'), stopWithinMs);
      await kept;
      clearTimeout(timer);
    },
  };
}
