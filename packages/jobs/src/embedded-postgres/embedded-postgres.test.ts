import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, beforeEach, test } from 'node:test';
import { ScionError } from '@scion/schema';
import pg from 'pg';
import { eventually } from '../testkit/eventually.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';

const folders: string[] = [];
let dataDir = '';

async function newFolder(mode = 0o755): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'scion-embedded-'));
  folders.push(folder);
  await chmod(folder, mode);
  return folder;
}

async function query<Row extends pg.QueryResultRow>(url: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Starts the server in a process of its own, which can be killed. */
async function startInChild(folder: string): Promise<{ child: ChildProcess; url: string; pid: number }> {
  const script = `
    const { startEmbeddedPostgres } = await import(process.argv[1]);
    const { url, pid } = await startEmbeddedPostgres({ dataDir: process.argv[2], durable: false });
    console.log(JSON.stringify({ url, pid }));
    setInterval(() => {}, 1000);`;
  const module = new URL('./embedded-postgres.js', import.meta.url).href;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, module, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = (
    await createInterface(child.stdout)
      .on('line', () => {})
      [Symbol.asyncIterator]()
      .next()
  ).value;
  return { child, ...(JSON.parse(line) as { url: string; pid: number }) };
}

beforeEach(async () => {
  dataDir = await newFolder();
});

after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

test('what was written before a stop is there after the next start, on a server that syncs to disk', async () => {
  const first = await startEmbeddedPostgres({ dataDir });
  await query(first.url, 'create table notes as select 42 as answer');
  await first.stop();

  const second = await startEmbeddedPostgres({ dataDir });
  assert.deepEqual(await query(second.url, 'select answer from notes'), [{ answer: 42 }]);
  assert.deepEqual(await query(second.url, 'show fsync'), [{ fsync: 'on' }]);
  await second.stop();
  assert.throws(() => process.kill(second.pid, 0));
});

test('a server that is killed comes back under the same URL', async () => {
  const server = await startEmbeddedPostgres({ dataDir, durable: false });
  const firstPid = server.pid;
  await query(server.url, 'create table notes as select 1 as answer');
  process.kill(firstPid, 'SIGKILL');
  const rows = await eventually(() => query(server.url, 'select answer from notes').catch(() => null));
  assert.deepEqual(rows, [{ answer: 1 }]);
  await eventually(() => server.pid !== firstPid);
  await server.stop();
});

test('a server whose parent was killed is taken over, also after its process was too', async () => {
  const { child, url, pid } = await startInChild(dataDir);
  await query(url, 'create table notes as select 7 as answer');
  await assert.rejects(
    startEmbeddedPostgres({ dataDir, durable: false }),
    (error) => error instanceof ScionError && error.code === 'conflict',
  );

  child.kill('SIGKILL');
  await once(child, 'exit');
  const server = await eventually(() => startEmbeddedPostgres({ dataDir, durable: false }).catch(() => null));
  assert.equal(server.pid, pid);
  assert.equal(server.url, url);
  assert.deepEqual(await query(server.url, 'select answer from notes'), [{ answer: 7 }]);
  await server.stop();
});

test('a pid file that names another living process does not stop the start', async () => {
  const first = await startEmbeddedPostgres({ dataDir, durable: false });
  const pidFile = join(dataDir, 'postgres', 'data', 'postmaster.pid');
  const written = await readFile(pidFile, 'utf8');
  await first.stop();
  await writeFile(pidFile, written.replace(String(first.pid), String(process.pid)));
  const second = await startEmbeddedPostgres({ dataDir, durable: false });
  assert.deepEqual(await query(second.url, 'select 1 as one'), [{ one: 1 }]);
  await second.stop();
});

test('an initialisation that was cut short is started afresh', async () => {
  await startEmbeddedPostgres({ dataDir, durable: false }).then((server) => server.stop());
  const cluster = join(dataDir, 'postgres', 'data');
  await rm(cluster, { recursive: true });
  await writeFile(join(dataDir, 'postgres', 'data.new'), 'half');
  const server = await startEmbeddedPostgres({ dataDir, durable: false });
  assert.deepEqual(await query(server.url, 'select 1 as one'), [{ one: 1 }]);
  await server.stop();
});

const onlyAsRoot = { skip: process.getuid?.() === 0 ? false : 'not root' };

test("root's closed data folder lets the account of the server through, and no one else", onlyAsRoot, async () => {
  const closed = await newFolder(0o700);
  const server = await startEmbeddedPostgres({ dataDir: closed, durable: false });
  assert.deepEqual(await query(server.url, 'select 1 as one'), [{ one: 1 }]);
  await server.stop();
  assert.equal((await stat(closed)).mode & 0o777, 0o710);
  assert.equal((await stat(join(closed, 'postgres', 'data'))).isDirectory(), true);
});

test('root may keep its data below a folder that the account of the server cannot enter', onlyAsRoot, async () => {
  const hidden = join(await newFolder(0o700), 'data');
  const first = await startEmbeddedPostgres({ dataDir: hidden, durable: false });
  await query(first.url, 'create table notes as select 3 as answer');
  await first.stop();
  const second = await startEmbeddedPostgres({ dataDir: hidden, durable: false });
  assert.deepEqual(await query(second.url, 'select answer from notes'), [{ answer: 3 }]);
  await second.stop();
  const home = (await readFile(join(hidden, 'postgres-location'), 'utf8')).trim();
  assert.equal(dirname(home), '/var/lib/scion');
  await rm(home, { recursive: true });
});
