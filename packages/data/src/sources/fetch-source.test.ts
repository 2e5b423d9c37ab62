import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { extract } from 'tar-stream';
import { fetchSource } from './fetch-source.ts';

const root = await mkdtemp(join(tmpdir(), 'scion-sources-'));
after(() => rm(root, { recursive: true, force: true }));
const allowed = join(root, 'allowed');
await mkdir(join(allowed, 'animals', 'cat'), { recursive: true });
await writeFile(join(allowed, 'animals', 'cat', '1.txt'), 'a cat');
await writeFile(join(allowed, 'animals.zip'), 'zipped');
await writeFile(join(root, 'secret.zip'), 'secret');
await symlink(join(root, 'secret.zip'), join(allowed, 'link.zip'));
await symlink(join(root, 'secret.zip'), join(allowed, 'animals', 'link.txt'));

const rules = { maxBytes: 100_000, allowPrivateAddresses: false, catalogMirror: null, folders: [allowed] };
let files = 0;
const newPath = () => join(root, `fetched-${files++}`);

async function readTar(path: string): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for await (const entry of Readable.from([await readFile(path)]).pipe(extract()))
    contents[entry.header.name] = await text(entry);
  return contents;
}

test('a file of an allowed folder is copied', async () => {
  const path = newPath();
  const fetched = await fetchSource({ type: 'path', path: join(allowed, 'animals.zip') }, { path, rules });
  assert.deepEqual([fetched.fileName, fetched.sizeBytes, await readFile(path, 'utf8')], ['animals.zip', 6, 'zipped']);
});

test('a folder becomes a tar of its regular files, the same bytes each time; links are passed over', async () => {
  const [path, again] = [newPath(), newPath()];
  const source = { type: 'path', path: join(allowed, 'animals') } as const;
  const fetched = await fetchSource(source, { path, rules });
  assert.equal(fetched.fileName, 'animals.tar');
  assert.deepEqual(await readTar(path), { 'cat/1.txt': 'a cat' });
  assert.equal((await fetchSource(source, { path: again, rules })).sha256, fetched.sha256);
});

test('what is not in an allowed folder is refused, whatever its path looks like', async () => {
  const outside = [
    join(root, 'secret.zip'),
    join(allowed, '..', 'secret.zip'),
    join(allowed, 'link.zip'),
    join(allowed, 'nothing.zip'),
    'animals.zip',
    `${allowed}-other`,
    '/etc/passwd',
  ];
  for (const path of outside) {
    await assert.rejects(fetchSource({ type: 'path', path }, { path: newPath(), rules }), { code: 'sourceForbidden' }, path);
  }
  const nothingAllowed = { ...rules, folders: [] };
  const source = { type: 'path', path: join(allowed, 'animals.zip') } as const;
  await assert.rejects(fetchSource(source, { path: newPath(), rules: nothingAllowed }), { code: 'sourceForbidden' });
});

test('the limit holds for files and folders, and leaves nothing behind', async () => {
  const small = { ...rules, maxBytes: 3 };
  for (const name of ['animals.zip', 'animals']) {
    const path = newPath();
    await assert.rejects(fetchSource({ type: 'path', path: join(allowed, name) }, { path, rules: small }), {
      code: 'bodyTooLarge',
    });
    assert.equal(existsSync(path), false);
  }
});
