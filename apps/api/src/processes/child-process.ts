import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { storeEnvironment } from '@scion/storage';
import type { FastifyBaseLogger } from 'fastify';

/** What a child process may see of our environment beside what opens the artifact store: enough to find its runtime, no secrets. */
const passedVariables = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'XDG_CACHE_HOME', 'LD_LIBRARY_PATH', 'SCION_RUNTIME_DIR'] as const;

/** TensorFlow takes all the memory of every GPU that it sees, and the GPUs are the trainers': children of the API run on the CPU. */
export function childEnvironment(artifactsUrl: string): NodeJS.ProcessEnv {
  const passed = passedVariables.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(passed), ...storeEnvironment(process.env, artifactsUrl), CUDA_VISIBLE_DEVICES: '' };
}

/** Writes what a child says into the log, under `name` and its process id. */
export function logOutput(child: ChildProcess, { log, name }: { log: FastifyBaseLogger; name: string }): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', (line) => log.info({ [name]: child.pid }, line));
  }
}
