import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openTryFolders } from './try-folders.ts';

async function folderWith(t: TestContext, names: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'scion-tries-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const name of names) await mkdir(join(folder, name), { recursive: true });
  return folder;
}

test('a try goes on from the newest one before it, and older ones go', async (t) => {
  const folder = await folderWith(t, ['a.try-2', 'a.try-9', 'a.try-10', 'a.try-12', 'ab.try-1', 'a.try-x']);
  const tries = await openTryFolders(join(folder, 'a'), 11);
  assert.deepEqual([tries.own, tries.earlier], [join(folder, 'a.try-11'), join(folder, 'a.try-10')]);
  assert.deepEqual((await readdir(folder)).sort(), ['a.try-10', 'a.try-12', 'a.try-x', 'ab.try-1']);
});

test('what this try and earlier ones built goes when they are over', async (t) => {
  const folder = await folderWith(t, ['a.try-1', 'a.try-3']);
  const tries = await openTryFolders(join(folder, 'a'), 2);
  await mkdir(tries.own);
  await tries.remove();
  assert.deepEqual(await readdir(folder), ['a.try-3']);
});

test('the first try starts with nothing', async (t) => {
  const folder = await folderWith(t, []);
  const tries = await openTryFolders(join(folder, 'below', 'a'), 1);
  assert.equal(tries.earlier, null);
  await tries.remove();
});
