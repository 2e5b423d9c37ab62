import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { largeFileBytes } from '@scion/client';
import { extract } from 'tar-stream';
import { openUpload } from './open-upload.ts';

test('a folder becomes a tar of its files, sorted, the same bytes each time', async (t) => {
  const folder = join(await temporaryFolder(t), 'animals');
  await mkdir(join(folder, 'train', 'cat'), { recursive: true });
  await mkdir(join(folder, 'train', 'ant'), { recursive: true });
  await writeFile(join(folder, 'train', 'cat', '1.txt'), 'a cat');
  await writeFile(join(folder, 'train', 'ant', '1.txt'), 'an ant');

  const upload = await openStream(folder);
  assert.equal(upload.name, 'animals.tar');
  assert.equal(upload.sizeBytes, null);
  const bytes = await collect(upload.stream);
  assert.deepEqual(await readTar(bytes), { 'train/ant/1.txt': 'an ant', 'train/cat/1.txt': 'a cat' });
  assert.deepEqual(await collect((await openStream(folder)).stream), bytes);
});

test('a file is sent as it is, and its progress is told', async (t) => {
  const file = join(await temporaryFolder(t), 'digits.tar.gz');
  await writeFile(file, 'whatever it holds');
  let sent = 0;
  const upload = await openStream(file, (bytes) => {
    sent = bytes;
  });
  assert.equal(upload.name, 'digits.tar.gz');
  assert.equal((await collect(upload.stream)).toString(), 'whatever it holds');
  assert.equal(sent, 17);
});

test('a large file is opened, not read', async (t) => {
  const file = join(await temporaryFolder(t), 'large.tar');
  await writeFile(file, '');
  await truncate(file, largeFileBytes); // Sparse: it takes no room
  const upload = await openUpload(file);
  assert.ok(upload.kind === 'file');
  assert.deepEqual([upload.name, upload.sizeBytes, upload.file.size], ['large.tar', largeFileBytes, largeFileBytes]);
});

test('a path that is not there is named', async () => {
  await assert.rejects(openUpload('/not/here'), /There is no file or folder \/not\/here/);
});

async function openStream(path: string, onProgress?: (sentBytes: number) => void) {
  const upload = await openUpload(path, onProgress ? { onProgress } : {});
  assert.ok(upload.kind === 'stream');
  return upload;
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return await buffer(Readable.from(stream));
}

async function readTar(bytes: Buffer): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const entry of Readable.from([bytes]).pipe(extract())) files[entry.header.name] = await text(entry);
  return files;
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'scion-upload-'));
  t.after(async () => await rm(folder, { recursive: true }));
  return folder;
}
