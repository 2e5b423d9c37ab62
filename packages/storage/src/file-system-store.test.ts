import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Settings } from '@scion/schema';
import { openFileSystemStore } from './file-system-store.ts';
import { openArtifactStore } from './open-artifact-store.ts';
import { storageOptionsOf } from './storage-options.ts';
import { describeArtifactStoreContract } from './testkit/artifact-store-contract.ts';

const scratch = await mkdtemp(join(tmpdir(), 'scion-storage-'));
after(() => rm(scratch, { recursive: true, force: true }));
const newFolder = () => mkdtemp(join(scratch, 'store-'));

describeArtifactStoreContract('The file system store', async () => openFileSystemStore(await newFolder()));

test('a symbolic link inside the store is not followed', async () => {
  const root = await newFolder();
  const store = await openFileSystemStore(root);
  await writeFile(join(scratch, 'secret'), 'secret');
  await symlink(join(scratch, 'secret'), join(root, 'link'));
  await assert.rejects(store.get('link'), { code: 'ELOOP' });
  await assert.rejects(store.appendLine('link', 'x'), { code: 'ELOOP' });
  assert.equal(await store.sizeOf('link'), null);
});

test('a line that a crash tore off does not swallow the next one', async () => {
  const root = await newFolder();
  const store = await openFileSystemStore(root);
  await store.appendLine('log.jsonl', '{"n":1}');
  await appendFile(join(root, 'log.jsonl'), '{"n":');
  await store.appendLine('log.jsonl', '{"n":3}');
  assert.equal(Buffer.from((await store.get('log.jsonl')) ?? '').toString(), '{"n":1}\n{"n":\n{"n":3}\n');
});

test('what a dead process left half-written is cleared once it is a day old, and fresh writes are left alone', async () => {
  const root = await newFolder();
  await openFileSystemStore(root);
  await writeFile(join(root, '.incoming', 'old'), 'half');
  await writeFile(join(root, '.incoming', 'fresh'), 'half');
  const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 60 * 60;
  await utimes(join(root, '.incoming', 'old'), twoDaysAgo, twoDaysAgo);
  await openFileSystemStore(root);
  assert.deepEqual(await readdir(join(root, '.incoming')), ['fresh']);
});

test('a full disk is reported as insufficientStorage', { skip: process.platform !== 'linux' && 'needs /dev/full' }, async () => {
  const root = await newFolder();
  const store = await openFileSystemStore(root);
  // /dev/full answers a write with ENOSPC, as a full disk does. Here it does so to a body that spools what it passes on.
  async function* spooled() {
    yield Buffer.from('first');
    await writeFile('/dev/full', 'first');
  }
  await assert.rejects(store.put('x', spooled()), { name: 'ScionError', code: 'insufficientStorage' });
  assert.equal(await store.get('x'), null);
  assert.deepEqual(await readdir(join(root, '.incoming')), []);
});

const options = storageOptionsOf(Settings.parse({}));

test('openArtifactStore opens the folder of a file URL', async () => {
  const url = pathToFileURL(join(await newFolder(), 'with space')).href;
  const store = await openArtifactStore(url, options);
  assert.equal(store.url, url);
  await store.put('x', 'y');
  assert.equal(await (await openArtifactStore(store.url, options)).sizeOf('x'), 1);
});

test('openArtifactStore says what it accepts', async () => {
  for (const url of ['/some/folder', 'http://host/x', 's3://Not_A_Bucket', 's3://key:secret@bucket', 's3://bucket/x?y=1']) {
    await assert.rejects(openArtifactStore(url, options), /Expected file:\/\/\/some\/folder, s3:\/\/bucket/, url);
  }
});

test('a folder that is built on another disk is published too', {
  skip: !existsSync('/dev/shm') && 'needs /dev/shm',
}, async () => {
  const built = await mkdtemp('/dev/shm/scion-built-');
  const store = await openFileSystemStore(await newFolder());
  await writeFile(join(built, 'packed.json'), '{}');
  await store.publishFolder('d', { from: built, last: 'packed.json' });
  assert.deepEqual(await store.list('d'), ['d/packed.json']);
  assert.equal(existsSync(built), false);
});
