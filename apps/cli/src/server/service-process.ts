import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export type ServiceEnd = { name: string; how: string; logPath: string; logTail: string[] };

export type ServiceProcess = {
  name: string;
  pid: number;
  /** Resolves when the process has ended, for whatever reason. */
  ended: Promise<ServiceEnd>;
  /** Asks it to end in order, and kills it after `deadlineMs`. */
  stop(options: { deadlineMs: number }): Promise<void>;
  kill(): void;
};

const entry = fileURLToPath(new URL('./service-entry.js', import.meta.url));
const logTailLines = 15;

/**
 * Starts a service as a child process. Its output goes to the log file. It is in a process group of its own: a Ctrl-C at the
 * terminal reaches only us, and we stop our services in order.
 */
export function startService({
  name,
  module,
  env,
  logPath,
}: {
  name: string;
  /** URL of the module that is the service's entry. */
  module: string;
  env: NodeJS.ProcessEnv;
  logPath: string;
}): ServiceProcess {
  const log = openSync(logPath, 'a');
  const child = spawn(process.execPath, ['--enable-source-maps', entry, module], {
    env,
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  });
  closeSync(log);
  const ended = endOf(child).then((how) => ({ name, how, logPath, logTail: readTail(logPath) }));
  return {
    name,
    pid: child.pid ?? -1,
    ended,
    async stop({ deadlineMs }) {
      child.kill('SIGTERM');
      const cancel = new AbortController();
      const overdue = sleep(deadlineMs, 'overdue', { signal: cancel.signal }).catch(() => 'ended');
      if ((await Promise.race([ended, overdue])) === 'overdue') child.kill('SIGKILL');
      cancel.abort();
      await ended;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

async function endOf(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = await once(child, 'exit');
    return signal === null ? `exited with ${String(code)}` : `was ended by ${String(signal)}`;
  } catch (error) {
    return `could not be started: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function readTail(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-logTailLines);
  } catch {
    return []; // The folder was deleted under the running server
  }
}
