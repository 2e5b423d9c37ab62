import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LocalCache } from './local-cache.ts';
import { madeUpFile } from './made-up-file.fixture.ts';

const scratch = await mkdtemp(join(tmpdir(), 'scion-cache-'));
after(() => rm(scratch, { recursive: true, force: true }));
const newDir = () => mkdtemp(join(scratch, 'cache-'));
const reader = fileURLToPath(new URL('./cache-reader.fixture.js', import.meta.url));
const cachedIn = async (dir: string) => (await readdir(join(dir, 'objects'))).length;

/** Counts downloads of files of ten bytes each, told apart by a letter. */
function source() {
  const downloads: string[] = [];
  const fileOf = (letter: string) => {
    const file = madeUpFile(letter, 10);
    return {
      ...file,
      download: () => {
        downloads.push(letter);
        return file.download();
      },
    };
  };
  return { downloads, files: (letters: string) => [...letters].map(fileOf) };
}

test('a file is downloaded once, and found by its name in each view', async () => {
  const cache = await LocalCache.open({ dir: await newDir(), maxBytes: 100 });
  const { downloads, files } = source();
  const views = [await cache.view(files('ab')), await cache.view(files('b'))];
  assert.deepEqual(downloads.sort(), ['a', 'b']);
  assert.equal(await readFile(join(views[0]!, 'folder', 'a'), 'utf8'), 'a'.repeat(10));
  assert.deepEqual(await readdir(join(views[1]!, 'folder')), ['b']);
});

test('what was read longest ago goes first', async () => {
  const cache = await LocalCache.open({ dir: await newDir(), maxBytes: 30 });
  const { downloads, files } = source();
  for (const letter of ['a', 'b', 'c', 'a']) await cache.release(await cache.view(files(letter)));
  await cache.release(await cache.view(files('d'))); // b goes
  downloads.length = 0;
  await cache.release(await cache.view(files('acd')));
  assert.deepEqual(downloads, []);
  await cache.release(await cache.view(files('b')));
  assert.deepEqual(downloads, ['b']);
});

test('what is in use stays, even above the size, and goes once it is released', async () => {
  const dir = await newDir();
  const cache = await LocalCache.open({ dir, maxBytes: 20 });
  const { files } = source();
  const large = await cache.view(files('abcd'));
  const other = await cache.view(files('e'));
  for (const letter of 'abcd') assert.equal(await readFile(join(large, 'folder', letter), 'utf8'), letter.repeat(10));
  await cache.release(large);
  await cache.release(other);
  await cache.release(await cache.view(files('f')));
  assert.equal(await cachedIn(dir), 2);
});

test('a download that fails leaves neither a file nor a view', async () => {
  const dir = await newDir();
  const cache = await LocalCache.open({ dir, maxBytes: 100 });
  async function* failing() {
    yield Buffer.from('half');
    throw new Error('The store is gone');
  }
  await assert.rejects(cache.view([{ id: 'x', name: 'x', sizeBytes: 10, download: failing }]), /store is gone/);
  for (const folder of ['objects', 'incoming', 'views']) assert.deepEqual(await readdir(join(dir, folder)), [], folder);
});

test('the view of a process that was killed goes when another looks', async () => {
  const dir = await newDir();
  const child = startReader(dir, 'idle');
  await once(child, 'message');
  assert.equal((await readdir(join(dir, 'views'))).length, 1);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await LocalCache.open({ dir, maxBytes: 100 });
  assert.deepEqual(await readdir(join(dir, 'views')), []);
});

test('processes share a cache that is too small for them, and each reads the right bytes', async () => {
  const dir = await newDir();
  const readers = ['1', '2', '3'].map((seed) => startReader(dir, seed));
  const ends = await Promise.all(readers.map((child) => once(child, 'exit')));
  assert.deepEqual(
    ends.map(([code]) => code),
    [0, 0, 0],
  );
  assert.deepEqual(await readdir(join(dir, 'views')), []);
  assert.deepEqual(await readdir(join(dir, 'incoming')), []);
});

function startReader(dir: string, seed: string): ChildProcess {
  return fork(reader, [dir, seed], { stdio: 'inherit' });
}
