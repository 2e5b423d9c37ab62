import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ScionError } from '@scion/schema';
import pg from 'pg';
import { advisoryLocks } from '../database/advisory-locks.ts';
import { freePort } from './free-port.ts';
import { postgresAccount } from './postgres-account.ts';
import { type PostgresBinaries, preparePostgresBinaries } from './postgres-binaries.ts';
import { type Cluster, postgresUser, prepareCluster, readCluster, serverEnvironment } from './postgres-cluster.ts';
import { preparePostgresHome } from './postgres-home.ts';
import { findRunningPostmaster, isAlive } from './postmaster-file.ts';

export type EmbeddedPostgresOptions = {
  dataDir: string;
  /** Hears of what an operator may want to know. */
  log?: (message: string) => void;
  /** False for throw-away data, as in tests: writes do not wait for the disk. */
  durable?: boolean;
};

export type EmbeddedPostgres = {
  /** Stays the same while it runs, also when the server is started again after a crash. */
  readonly url: string;
  /** Of the server's first process. */
  readonly pid: number;
  /** Ends the server; connections are closed, and transactions in flight rolled back. */
  stop(): Promise<void>;
};

const startWithinMs = 60_000;
const stopWithinMs = 10_000;
const pollMs = 10;
const restartDelayMs = 200;

/**
 * Starts a real PostgreSQL on a folder of `dataDir`, initialised the first time, on a free port of this machine only. A server
 * that a killed process left behind is taken over; one that crashes is started again. Error `conflict` when another living process
 * uses the folder. Does not keep the process alive.
 */
export async function startEmbeddedPostgres({
  dataDir,
  log = () => {},
  durable = true,
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const account = await postgresAccount();
  const home = await preparePostgresHome(resolve(dataDir), account);
  const binaries = await preparePostgresBinaries(home, account);
  const cluster = await prepareCluster({ home, binaries, account, durable });
  const launch = (port: number) =>
    launchServer({ binaries, cluster, port, durable, logFile: join(home, 'postgres.log'), account });
  const settle = (port: number | null) => findOrLaunch({ cluster, launch, port, log });

  let server = await settle(null);
  let isStopping = false;
  const { port } = server;

  const watch = ({ owner }: Server) => {
    owner.client.once('end', () => {
      if (!isStopping) void recover();
    });
  };
  const recover = async () => {
    log('The embedded PostgreSQL went away; starting it again');
    while (!isStopping) {
      try {
        server = await settle(port);
        watch(server);
        return;
      } catch (error) {
        log(`The embedded PostgreSQL did not start: ${error instanceof Error ? error.message : String(error)}`);
        await delay(restartDelayMs);
      }
    }
  };
  watch(server);

  return {
    url: urlOf(cluster, port),
    get pid() {
      return server.pid;
    },
    async stop() {
      if (isStopping) return;
      isStopping = true;
      server.owner.socket.ref();
      await server.owner.client.end().catch(() => {});
      await stopServer(server.pid);
    },
  };
}

/** The URL of the server that runs on a folder of `dataDir` now, whoever started it; null where none does. */
export async function findEmbeddedPostgres(dataDir: string): Promise<string | null> {
  const home = await preparePostgresHome(resolve(dataDir), await postgresAccount());
  const cluster = await readCluster(home);
  const running = cluster && (await findRunningPostmaster(cluster.folder));
  return cluster && running ? urlOf(cluster, running.port) : null;
}

/** A running server, and the connection whose lock says that this process is the one to use it. */
type Server = { pid: number; port: number; owner: Owner };
type Owner = { client: pg.Client; socket: Socket };
type Launch = (port: number) => { child: ChildProcess; failure: Promise<never> };

async function findOrLaunch(options: {
  cluster: Cluster;
  launch: Launch;
  /** The port that it must have; null for a free one. */
  port: number | null;
  log: (message: string) => void;
}): Promise<Server> {
  const { cluster, launch, port, log } = options;
  const running = await findRunningPostmaster(cluster.folder);
  if (running && (port === null || running.port === port)) {
    log(`Taking over the PostgreSQL that was left running (process ${running.pid})`);
    const owner = await connectOwner({ cluster, port: running.port, isGone: () => !isAlive(running.pid) });
    if (owner) return { ...running, owner };
  } else if (running) {
    await stopServer(running.pid);
  }
  const chosenPort = port ?? (await freePort());
  const { child, failure } = launch(chosenPort);
  const owner = await Promise.race([failure, connectOwner({ cluster, port: chosenPort, isGone: () => child.exitCode !== null })]);
  if (!owner || child.pid === undefined) return failure;
  return { pid: child.pid, port: chosenPort, owner };
}

function launchServer(options: {
  binaries: PostgresBinaries;
  cluster: Cluster;
  port: number;
  durable: boolean;
  logFile: string;
  account: { uid: number; gid: number } | null;
}): ReturnType<Launch> {
  const { binaries, cluster, port, durable, logFile, account } = options;
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '', // Their paths may be 107 bytes long, which data folders are not held to
    max_connections: '100',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  const args = ['-D', cluster.folder, '-p', String(port)];
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`);
  const logDescriptor = openSync(logFile, 'w');
  // Its own session: a Ctrl-C in the terminal is for the servers that use it, which still write while they close.
  const child = spawn(binaries.postgres, args, {
    ...account,
    cwd: cluster.folder,
    env: serverEnvironment(),
    detached: true,
    stdio: ['ignore', logDescriptor, logDescriptor],
  });
  closeSync(logDescriptor);
  child.unref();
  const failure = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      reject(new ScionError('unavailable', `The embedded PostgreSQL ended while it started:\n${tailOf(logFile)}`));
    });
  });
  failure.catch(() => {}); // After the start, an exit shows as the end of the owner's connection
  return { child, failure };
}

function tailOf(logFile: string): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
  } catch {
    return `(its log ${logFile} cannot be read)`;
  }
}

/** Connects as soon as the server lets it, and takes the owner's lock; null when the server ended meanwhile. */
async function connectOwner(options: { cluster: Cluster; port: number; isGone: () => boolean }): Promise<Owner | null> {
  const { cluster, port, isGone } = options;
  const deadline = Date.now() + startWithinMs;
  for (;;) {
    const socket = new Socket();
    const client = new pg.Client({
      connectionString: urlOf(cluster, port),
      application_name: 'scion-owner',
      keepAlive: true,
      stream: () => socket,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
        advisoryLocks.embeddedServer,
      ]);
      if (rows[0]?.locked) {
        socket.unref();
        return { client, socket };
      }
      await client.end();
      throw new ScionError('conflict', `Another Scion is using this data folder: ${cluster.folder}`);
    } catch (error) {
      await client.end().catch(() => {});
      if (error instanceof ScionError) throw error;
      if (isGone()) return null;
      if (Date.now() > deadline) throw new ScionError('unavailable', 'The embedded PostgreSQL does not answer', { cause: error });
      await delay(pollMs);
    }
  }
}

async function stopServer(pid: number): Promise<void> {
  const deadline = Date.now() + stopWithinMs;
  sendSignal(pid, 'SIGINT'); // Fast shutdown
  while (isAlive(pid)) {
    if (Date.now() > deadline) sendSignal(pid, 'SIGQUIT'); // Immediate: the next start recovers from the log
    await delay(pollMs);
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

function urlOf({ password }: Cluster, port: number): string {
  return `postgres://${postgresUser}:${password}@127.0.0.1:${port}/postgres`;
}
