import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export type ChildEnd = { exitCode: number | null; signal: NodeJS.Signals | null };

export type ForkedChild = {
  readonly pid: number | undefined;
  /** Resolves when the process has ended and all that it said has been heard. */
  readonly ended: Promise<ChildEnd>;
  /** Does nothing once the process is gone. */
  send(message: object): void;
  /** Ends the process and all that it started, at once. */
  kill(): void;
};

/**
 * Forks a Node process that talks by messages. It leads a process group of its own: a Ctrl-C in the terminal reaches its
 * supervisor only, and a kill reaches all of the group.
 */
export function forkChild(options: {
  path: string;
  environment: NodeJS.ProcessEnv;
  onMessage: (message: unknown) => void;
  /** Hears each line of its output. */
  onLine: (line: string) => void;
}): ForkedChild {
  const { path, environment, onMessage, onLine } = options;
  const child = fork(path, [], { env: environment, execArgv: [], detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  child.on('message', onMessage);
  for (const output of [child.stdout, child.stderr]) if (output) readLines(output, onLine);
  const kill = () => killGroup(child);
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once('error', (error) => {
      onLine(`The process could not be started: ${error.message}`);
      if (child.pid === undefined) resolve({ exitCode: null, signal: null });
    });
    child.once('exit', kill); // What it left behind would hold its output open
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  return {
    pid: child.pid,
    ended,
    send: (message) => {
      if (child.connected) child.send(message, () => {}); // A message that is not taken shows as the end of the process
    },
    kill,
  };
}

/** In words for a log or an error message. */
export function describeEnd({ exitCode, signal }: ChildEnd): string {
  if (signal !== null) return `ended by ${signal}`;
  return exitCode === null ? 'not started' : `ended with exit code ${exitCode}`;
}

function readLines(output: Readable, onLine: (line: string) => void): void {
  createInterface({ input: output, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine);
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is gone.
  }
}
