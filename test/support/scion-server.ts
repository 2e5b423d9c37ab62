import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createClient, type ScionClient } from '@scion/client';

const cli = fileURLToPath(new URL('../../../apps/cli/dist/main.js', import.meta.url));
const readyWithinMs = 60_000;

export type ScionServer = {
  url: string;
  /** Its first key, where it asks for keys and had none; the client sends it. */
  apiKey: string | undefined;
  client: ScionClient;
  dataDir: string;
  pid: number;
  /** Milliseconds from the start of the process until its API said that it is ready. */
  startMs: number;
  /** Resolves with the exit code, or the signal, when the process has ended. */
  ended: Promise<number | string>;
  /** What it has printed so far. */
  output(): string;
  signal(signal: NodeJS.Signals): void;
  /** Ends it in order. */
  stop(): Promise<void>;
};

/** What runs its hooks when it has ended: a test, or a benchmark's own list. */
type Lifetime = { after(hook: () => Promise<void>): void };

/** How to end the servers on each temporary folder: `after` hooks run in the order given, and the folder goes last. */
const stopsByFolder = new Map<string, (() => Promise<void>)[]>();

/** Starts a real `scion up` on any free port; it is ended after `lifetime`. */
export async function startScion(
  lifetime: Lifetime,
  { dataDir, args = [], env = {} }: { dataDir: string; args?: string[]; env?: NodeJS.ProcessEnv },
): Promise<ScionServer> {
  const startedMs = performance.now();
  const child = spawnScion(['up', '--port', '0', '--data-dir', dataDir, '--json', ...args], { env });
  const printed = collectOutput(child);
  const ended = once(child, 'exit').then(([code, signal]: (number | string | null)[]) => code ?? signal ?? '');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  };
  const stopsFirst = stopsByFolder.get(dataDir);
  if (stopsFirst === undefined) lifetime.after(stop);
  else stopsFirst.push(stop);
  const start = await Promise.race([readStart(child), ended.then(() => null), after(readyWithinMs)]);
  assert.ok(start !== null, `scion up did not start:\n${printed()}`);
  const { url, apiKey } = start;
  return {
    url,
    apiKey,
    client: createClient({ url, apiKey }),
    dataDir,
    pid: child.pid ?? -1,
    startMs: performance.now() - startedMs,
    ended,
    output: printed,
    signal: (signal) => void child.kill(signal),
    stop,
  };
}

export type CliResult = { exitCode: number; stdout: string; stderr: string };

/** Runs one command of the CLI, against `server` if given, and waits for its end. */
export async function runScion(args: string[], { server, env = {} }: { server?: ScionServer; env?: NodeJS.ProcessEnv } = {}) {
  const child = spawnScion(args, {
    env:
      server === undefined
        ? env
        : { ...env, SCION_URL: server.url, ...(server.apiKey === undefined ? {} : { SCION_API_KEY: server.apiKey }) },
  });
  const result: CliResult = { exitCode: -1, stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => {
    result.stdout += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    result.stderr += String(chunk);
  });
  const [code] = await once(child, 'close');
  return { ...result, exitCode: Number(code ?? -1) };
}

/** A folder of its own for a test's server, which the account of the embedded PostgreSQL can enter, too. */
export async function temporaryDataDir(lifetime: Lifetime): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'scion-e2e-'));
  await chmod(folder, 0o755);
  const stops: (() => Promise<void>)[] = [];
  stopsByFolder.set(folder, stops);
  lifetime.after(async () => {
    for (const stop of stops) await stop();
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Starts one command of the CLI. */
export function spawnScion(args: string[], { env }: { env: NodeJS.ProcessEnv }): ChildProcess {
  const { DATABASE_URL: _, REDIS_URL: __, npm_lifecycle_event: ___, ...inherited } = process.env;
  return spawn(process.execPath, ['--enable-source-maps', cli, ...args], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function collectOutput(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += String(chunk);
    });
  }
  return () => text;
}

/** The first line that `scion up --json` prints tells where it is, once it is ready. */
async function readStart(child: ChildProcess): Promise<{ url: string; apiKey: string | undefined }> {
  assert.ok(child.stdout);
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, 'line');
  const { url, apiKey } = JSON.parse(line);
  return { url, apiKey: apiKey ?? undefined };
}

async function after(ms: number): Promise<null> {
  return await new Promise((resolve) => setTimeout(() => resolve(null), ms).unref());
}
