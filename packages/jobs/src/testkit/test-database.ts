import { rmSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Database, migrate, openDatabase } from '../database/database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';

export type TestDatabase = {
  readonly url: string;
  readonly database: Database;
  /** Closes the connections of `database` and drops the database. */
  close(): Promise<void>;
};

const templateName = 'scion_template';
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
  const dataDir = await mkdtemp(join(tmpdir(), 'scion-test-'));
  await chmod(dataDir, 0o755); // When root runs the tests, the server runs as another user
  let started: EmbeddedPostgres | null = null;
  process.once('exit', () => {
    if (started) process.kill(started.pid, 'SIGQUIT');
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 });
  });
  started = await startEmbeddedPostgres({ dataDir, durable: false });
  await administer(started.url, `create database ${templateName}`);
  const template = openDatabase(withDatabase(started.url, templateName), { maxConnections: 1 });
  try {
    await migrate(template);
  } finally {
    await template.close();
  }
  return started;
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
