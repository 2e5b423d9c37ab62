import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DataDirTaken, findOwner, lockDataDir } from './data-dir-lock.ts';

const url = 'http://127.0.0.1:1234';

test('a locked folder refuses a second owner and names the first', async (t) => {
  const folder = await temporaryFolder(t);
  const lock = await lockDataDir(folder, { url });
  await assert.rejects(lockDataDir(folder, { url }), (error: unknown) => {
    assert.ok(error instanceof DataDirTaken);
    assert.equal(error.owner.pid, process.pid);
    assert.equal(error.owner.url, url);
    return true;
  });
  await lock.release();
  assert.equal(await findOwner(folder), null);
  await lockDataDir(folder, { url });
});

test('the lock of a dead process is taken over', async (t) => {
  const folder = await temporaryFolder(t);
  const dead = spawn(process.execPath, ['-e', '']);
  await once(dead, 'exit');
  await writeLock(folder, { pid: dead.pid, startedAt: '1' });
  assert.equal((await lockDataDir(folder, { url })).tookOver, true);
});

test('the lock of a process whose number now belongs to another is taken over', async (t) => {
  const folder = await temporaryFolder(t);
  await writeLock(folder, { pid: process.ppid, startedAt: 'another time' });
  assert.equal((await lockDataDir(folder, { url })).tookOver, true);
});

test('a lock that was cut off in writing is taken over', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'server.lock'), '{"pid":');
  assert.equal((await lockDataDir(folder, { url })).tookOver, true);
});

test('of many that try at once on a stale lock, one gets it and nothing is left over', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'server.lock'), '');
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataDir(folder, { url })));
  assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.deepEqual(await readdir(folder), ['server.lock']);
});

async function writeLock(folder: string, record: { pid: number | undefined; startedAt: string }): Promise<void> {
  await writeFile(join(folder, 'server.lock'), JSON.stringify({ ...record, url }));
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'scion-lock-'));
  t.after(async () => await rm(folder, { recursive: true }));
  return folder;
}
