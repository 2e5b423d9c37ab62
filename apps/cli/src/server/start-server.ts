import { mkdir, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { createClient } from '@scion/client';
// Of the jobs package this part alone: the rest would double the time that `scion up` takes to load.
import { startEmbeddedPostgres } from '@scion/jobs/embedded-postgres';
import { makeToken } from '@scion/jobs/key-token';
import { requiresKey, type Settings } from '@scion/schema';
import { CliError } from '../cli-error.ts';
import { DataDirTaken, lockDataDir } from './data-dir-lock.ts';
import { findListeningPort } from './listening-port.ts';
import { serviceDied } from './service-died.ts';
import { type ServiceEnd, type ServiceProcess, startService } from './service-process.ts';

export type RunningServer = {
  url: string;
  dataDir: string;
  /** The first admin key, where this start has made it: nothing else can tell it. */
  firstKey: string | null;
  /** Resolves when a service has died by itself. The server cannot go on then: `stop` it. */
  died: Promise<ServiceEnd>;
  /** Ends everything in order: the worker hands its jobs back, the API answers what it has, the database closes. */
  stop(): Promise<void>;
  /** Ends the services at once, as a crash would; `stop` is then quick. */
  kill(): void;
};

export type ServerOptions = { settings: Settings; env: NodeJS.ProcessEnv; host: string; port: number; dataDir: string };

const readyWithinMs = 60_000;
const workerStopMs = 30_000;
const apiStopMs = 10_000;
/** How long the API of a killed server may take to let go of the port. */
const leftoverPatienceMs = 5000;

/**
 * Starts a whole server as child processes and resolves when it takes requests: PostgreSQL in the data folder unless
 * `DATABASE_URL` names one, the API, and a worker.
 *
 * @throws CliError where the folder or the port is taken, or a part does not start
 */
export async function startServer({
  settings,
  env,
  host,
  port: wantedPort,
  dataDir: folder,
}: ServerOptions): Promise<RunningServer> {
  const dataDir = resolve(folder);
  const closers: Closers = [];
  const stop = async () => await closeAll(closers);
  try {
    const { port, url } = await takeFolderAndPort({ dataDir, host, wantedPort, closers });
    const databaseUrl = settings.DATABASE_URL ?? (await startDatabase(dataDir, closers));
    const firstKey =
      requiresKey({ ...settings, SCION_HOST: host }) && settings.SCION_ADMIN_KEY === undefined ? makeToken() : null;
    const services = await startServices({
      dataDir,
      closers,
      env: {
        ...env,
        ...serviceSettings({ settings, dataDir, databaseUrl, host, port }),
        ...(firstKey === null ? {} : { SCION_ADMIN_KEY: firstKey }),
      },
    });
    const died = Promise.race(services.map(({ ended }) => ended));
    await waitUntilReady(url, died);
    const kill = () => {
      for (const service of services) service.kill();
    };
    const wasTaken = firstKey !== null && (await isKeyOf(url, firstKey));
    return { url, dataDir, firstKey: wasTaken ? firstKey : null, died, stop, kill };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** How to close each part that is open, in the order in which they were opened. */
type Closers = (() => Promise<void>)[];

/** Closes the last first. One that fails does not keep the others open; its error is thrown at the end. */
async function closeAll(closers: Closers): Promise<void> {
  const errors: unknown[] = [];
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
    await close().catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw errors[0];
}

async function takeFolderAndPort({
  dataDir,
  host,
  wantedPort,
  closers,
}: {
  dataDir: string;
  host: string;
  wantedPort: number;
  closers: Closers;
}): Promise<{ port: number; url: string }> {
  // Any port is settled at once, so that the lock can tell the URL; a given one may still be held by a killed server's API.
  const settledPort = wantedPort === 0 ? await findListeningPort({ host, port: 0, patienceMs: 0 }) : wantedPort;
  const url = `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${settledPort}`;
  const lock = await lockDataDir(dataDir, { url }).catch((error: unknown) => {
    if (!(error instanceof DataDirTaken)) throw error;
    const { pid, url: ownerUrl } = error.owner;
    throw new CliError(`A server runs on ${dataDir} already: process ${pid}, ${ownerUrl}.`, {
      next: `Use that one, stop it (kill ${pid}), or take another folder: --data-dir DIR`,
      cause: error,
    });
  });
  closers.push(() => lock.release());
  const port = await findListeningPort({ host, port: settledPort, patienceMs: lock.tookOver ? leftoverPatienceMs : 0 });
  return { port, url };
}

async function startDatabase(dataDir: string, closers: Closers): Promise<string> {
  const database = await startEmbeddedPostgres({ dataDir });
  closers.push(() => database.stop());
  return database.url;
}

async function startServices({
  dataDir,
  env,
  closers,
}: {
  dataDir: string;
  env: NodeJS.ProcessEnv;
  closers: Closers;
}): Promise<ServiceProcess[]> {
  const logs = join(dataDir, 'logs');
  await mkdir(logs, { recursive: true });
  const services: ServiceProcess[] = [];
  for (const { name, module, stopMs } of [
    { name: 'api', module: import.meta.resolve('@scion/api/main'), stopMs: apiStopMs },
    { name: 'worker', module: import.meta.resolve('@scion/worker/main'), stopMs: workerStopMs },
  ]) {
    const logPath = join(logs, `${name}.log`);
    await keepPrevious(logPath);
    const service = startService({ name, module, env, logPath });
    closers.push(() => service.stop({ deadlineMs: stopMs }));
    services.push(service);
  }
  return services;
}

/** The log of the run before stays beside the new one; older ones go. */
async function keepPrevious(logPath: string): Promise<void> {
  await rename(logPath, `${logPath}.previous`).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  });
}

function serviceSettings({
  settings,
  dataDir,
  databaseUrl,
  host,
  port,
}: {
  settings: Settings;
  dataDir: string;
  databaseUrl: string;
  host: string;
  port: number;
}): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    ARTIFACTS_URL: settings.ARTIFACTS_URL ?? pathToFileURL(join(dataDir, 'artifacts')).href,
    SCION_DATA_DIR: dataDir,
    SCION_HOST: host,
    SCION_PORT: String(port),
  };
}

/** The server takes in an admin key where it has none; one that it has not taken in opens nothing. */
async function isKeyOf(url: string, apiKey: string): Promise<boolean> {
  return await createClient({ url, apiKey })
    .keys.current()
    .then(
      () => true,
      () => false,
    );
}

async function waitUntilReady(url: string, died: Promise<ServiceEnd>): Promise<void> {
  const client = createClient({ url });
  const deadline = AbortSignal.timeout(readyWithinMs);
  const poll = async (): Promise<null> => {
    for (;;) {
      const readiness = await client.ready({ signal: deadline }).catch(() => null);
      if (readiness?.status === 'ready') return null;
      if (deadline.aborted) throw new CliError(`The server did not get ready within ${readyWithinMs / 1000} s.`);
      await sleep(20);
    }
  };
  const end = await Promise.race([poll(), died]);
  if (end !== null) throw serviceDied(end);
}
