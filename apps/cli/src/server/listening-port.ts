import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../cli-error.ts';

/**
 * The port to listen on: `port` itself once it is free, or any free one for 0. Waits up to `patienceMs` for a port that is about
 * to be let go, by the remains of a server that was killed.
 *
 * @throws CliError where the port stays taken
 */
export async function findListeningPort({
  host,
  port,
  patienceMs,
}: {
  host: string;
  port: number;
  patienceMs: number;
}): Promise<number> {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    const problem = await tryToListen(host, port);
    if (typeof problem === 'number') return problem;
    if (problem.code === 'EADDRINUSE' && performance.now() < deadlineMs) await sleep(50);
    else throw portError({ host, port, problem });
  }
}

function portError({ host, port, problem }: { host: string; port: number; problem: NodeJS.ErrnoException }): CliError {
  if (problem.code === 'EADDRINUSE') {
    return new CliError(`Port ${port} is in use by another program.`, {
      next: `Take another: --port ${port + 1}, or --port 0 for any.`,
    });
  }
  return new CliError(`Cannot listen on ${host}:${port}: ${problem.message}`, {
    next: 'Take another address or port.',
    cause: problem,
  });
}

/** The port that could be listened on, or why not. */
async function tryToListen(host: string, port: number): Promise<number | NodeJS.ErrnoException> {
  return await new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen({ host, port, exclusive: true }, () => {
      const address = probe.address();
      const found = typeof address === 'object' && address !== null ? address.port : port;
      probe.close(() => resolve(found));
    });
  });
}
