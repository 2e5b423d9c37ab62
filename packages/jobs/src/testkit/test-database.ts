import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Database, migrate, openDatabase } from '../database/database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';
import { isAlive } from '../embedded-postgres/postmaster-file.ts';

export type TestDatabase = {
  readonly url: string;
  readonly database: Database;
  /** Closes the connections of `database` and drops the database. */
  close(): Promise<void>;
};

const templateName = 'scion_template';
const folderPrefix = 'scion-test-server-';
const stopWithinMs = 5000;
let server: Promise<EmbeddedPostgres> | null = null;
let count = 0;

/** A migrated, empty database of its own, on a real PostgreSQL that the test process starts once and that ends with it. */
export async function createTestDatabase(): Promise<TestDatabase> {
  server ??= startTestServer();
  const { url: serverUrl } = await server;
  const name = `test_${++count}`;
  await administer(serverUrl, `create database ${name} template ${templateName} strategy file_copy`);
  const url = withDatabase(serverUrl, name);
  const database = openDatabase(url);
  return {
    url,
    database,
    async close() {
      await database.close();
      await administer(serverUrl, `drop database ${name} with (force)`);
    },
  };
}

async function startTestServer(): Promise<EmbeddedPostgres> {
  removeLeftovers();
  const dataDir = await mkdtemp(join(tmpdir(), `${folderPrefix}${process.pid}-`));
  process.once('exit', () => removeServer(dataDir));
  const started = await startEmbeddedPostgres({ dataDir, durable: false });
  await administer(started.url, `create database ${templateName}`);
  const template = openDatabase(withDatabase(started.url, templateName), { maxConnections: 1 });
  try {
    await migrate(template);
  } finally {
    await template.close();
  }
  return started;
}

/** Removes the servers of test processes that were killed, and so could not do it themselves. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = name.startsWith(folderPrefix) ? Number(name.slice(folderPrefix.length).split('-')[0]) : Number.NaN;
    if (Number.isInteger(owner) && !isAlive(owner)) removeServer(join(tmpdir(), name));
  }
}

/** Ends the server of a folder and removes the folder; without waiting for events, since none come in a process that exits. */
function removeServer(dataDir: string): void {
  const pidFile = join(dataDir, 'postgres', 'data', 'postmaster.pid');
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8').split('\n')[0]) : Number.NaN;
  if (Number.isInteger(pid) && isAlive(pid)) {
    process.kill(pid, 'SIGQUIT');
    const deadline = Date.now() + stopWithinMs;
    while (existsSync(pidFile) && Date.now() < deadline) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function withDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
