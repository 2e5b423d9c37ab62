import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createClient, type ScionClient } from '@scion/client';
import { createQueue, createServices, migrate, openDatabase, type Services, type WorkQueue } from '@scion/jobs';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@scion/jobs/embedded-postgres';
import { Settings } from '@scion/schema';
import { type ArtifactStore, openArtifactStore, storageOptionsOf } from '@scion/storage';
import { eventually } from '../../support/eventually.ts';
import { type KeptProcess, keepProcess } from './kept-process.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** A whole server of real processes, each of which can be broken: PostgreSQL, Redis, the API, and workers on one artifact store. */
export type Stand = {
  folder: string;
  client: ScionClient;
  api: KeptProcess;
  workers: readonly KeptProcess[];
  redis: KeptProcess | null;
  /** Around the proxies. */
  redisUrl: string | null;
  postgres: EmbeddedPostgres;
  /** Between the API and the workers on one side, PostgreSQL and Redis on the other. */
  proxies: { database: TcpProxy; queue: TcpProxy | null };
  store: ArtifactStore;
  /** Opens the records and the queue beside the proxies; the caller closes them. */
  openParts(): Promise<{ services: Services; queue: WorkQueue; close(): Promise<void> }>;
  /** Ends every process. Gives the command lines of those that are left all the same. */
  stop(): Promise<string[]>;
  /** After `stop`. */
  removeFiles(): Promise<void>;
};

export type StandOptions = {
  workers: number;
  withRedis: boolean;
  leaseSeconds: number;
  /** For the API and the workers. */
  env?: NodeJS.ProcessEnv;
};

const readyWithinMs = 120_000;
const orphanEndsWithinMs = 10_000;

export async function startStand({ workers, withRedis, leaseSeconds, env = {} }: StandOptions): Promise<Stand> {
  const folder = await mkdtemp(join(tmpdir(), 'scion-stand-'));
  await chmod(folder, 0o755); // For the account of PostgreSQL
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const postgres = await startEmbeddedPostgres({ dataDir: folder });
  const database = await startTcpProxy(Number(new URL(postgres.url).port));
  const redisPort = withRedis ? await freePort() : null;
  const redis = redisPort === null ? null : keepRedis(redisPort, folder);
  const queue = redisPort === null ? null : await startTcpProxy(redisPort);
  const [port, artifactsUrl] = [await freePort(), pathToFileURL(join(folder, 'artifacts')).href];
  const settings = {
    DATABASE_URL: withPort(postgres.url, database.port),
    ...(queue ? { REDIS_URL: `redis://127.0.0.1:${queue.port}` } : {}),
    ARTIFACTS_URL: artifactsUrl,
    SCION_DATA_DIR: folder,
    SCION_PORT: String(port),
    SCION_SLOTS: '1',
    SCION_LEASE_SECONDS: String(leaseSeconds),
    // Handed down to trainers, too, whose processes are found by it
    TMPDIR: temporary,
    ...env,
  };
  const keep = (name: string, module: string) =>
    keepProcess({
      name,
      command: process.execPath,
      args: ['--enable-source-maps', fileURLToPath(module)],
      env: { ...inherited(), ...settings },
      logPath: join(folder, `${name}.log`),
    });
  const api = keep('api', import.meta.resolve('@scion/api/main'));
  const client = createClient({ url: `http://127.0.0.1:${port}` });
  await eventually('the API is ready', async () => isReady(client), { withinMs: readyWithinMs });
  const kept = Array.from({ length: workers }, (_, index) =>
    keep(`worker-${index + 1}`, import.meta.resolve('@scion/worker/main')),
  );
  const store = await openArtifactStore(artifactsUrl, storageOptionsOf(Settings.parse({})));
  const redisUrl = redisPort === null ? null : `redis://127.0.0.1:${redisPort}`;

  return {
    folder,
    client,
    api,
    workers: kept,
    redis,
    redisUrl,
    postgres,
    proxies: { database, queue },
    store,
    openParts: () => openParts(postgres.url, redisUrl),
    async stop() {
      await Promise.all([...kept, api].map((process) => process.stop()));
      await redis?.stop();
      await Promise.all([database.close(), queue?.close()]);
      await postgres.stop();
      return await lastingProcessesWith(temporary);
    },
    removeFiles: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

async function openParts(databaseUrl: string, redisUrl: string | null): ReturnType<Stand['openParts']> {
  const onError = () => undefined; // What it means shows in the findings
  const opened = openDatabase(databaseUrl);
  await migrate(opened);
  const queue = await createQueue({ databaseUrl, onError, ...(redisUrl === null ? {} : { redisUrl }) });
  const services = createServices({ database: opened, queue, onError });
  const close = async () => {
    await services.close();
    await queue.close();
    await opened.close();
  };
  return { services, queue, close };
}

function keepRedis(port: number, folder: string): KeptProcess {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--maxmemory-policy', 'noeviction'];
  return keepProcess({ name: 'redis', command: 'redis-server', args, env: inherited(), logPath: join(folder, 'redis.log') });
}

async function isReady(client: ScionClient): Promise<true | null> {
  return (await client.ready().catch(() => null))?.status === 'ready' ? true : null;
}

function inherited(): NodeJS.ProcessEnv {
  const { DATABASE_URL: _, REDIS_URL: __, NODE_TEST_CONTEXT: ___, ...kept } = process.env;
  return kept;
}

function withPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('There is no free port');
  return address.port;
}

/** Those that are there still after the time in which an orphan notices that it is one. */
async function lastingProcessesWith(word: string): Promise<string[]> {
  await eventually('no process is left', async () => ((await processesWith(word)).length === 0 ? true : null), {
    withinMs: orphanEndsWithinMs,
  }).catch(() => undefined);
  return processesWith(word);
}

/** Command lines of the living processes whose environment holds the word. */
async function processesWith(word: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      if (!environment.includes(word)) return null;
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
    }),
  );
  return found.flatMap((command) => (command === null || command === '' ? [] : [command]));
}
