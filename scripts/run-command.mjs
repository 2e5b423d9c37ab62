import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A command that did not exit with 0. `output` is what it printed, where that was not shown already. */
export class CommandFailed extends Error {
  constructor({ command, exitCode, output }) {
    super(`${command} exited with ${exitCode}`);
    this.exitCode = exitCode;
    this.output = output;
  }
}

/**
 * Runs a command in the root of the repository and waits for it. `show` lets it write to our standard output or error; without
 * it the output is kept, and is the result or part of the `CommandFailed`.
 */
export function runCommand(command, args, { show, env = process.env } = {}) {
  const stdio = show === undefined ? ['ignore', 'pipe', 'pipe'] : ['inherit', show === 'stderr' ? 2 : 1, 2];
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio });
    const stopForwarding = forwardSignals(child);
    let output = '';
    const fail = (exitCode) => reject(new CommandFailed({ command: [command, ...args].join(' '), exitCode, output }));
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    child.once('error', (error) => fail(error.code));
    child.once('close', (exitCode, signal) => {
      stopForwarding();
      if (exitCode === 0) resolve(output);
      else fail(exitCode ?? signal);
    });
  });
}

/** Runs a command on our own terminal, and takes its exit code as ours. */
export async function becomeCommand(command, args, { env } = {}) {
  try {
    await runCommand(command, args, { show: 'stdout', env });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    process.exitCode = typeof error.exitCode === 'number' ? error.exitCode : 1;
  }
}

/** A signal to us is one to the command, which ends in its own order; we end after it. */
function forwardSignals(child) {
  const signals = ['SIGINT', 'SIGTERM'];
  const forward = (signal) => child.kill(signal);
  for (const signal of signals) process.on(signal, forward);
  return () => {
    for (const signal of signals) process.off(signal, forward);
  };
}
