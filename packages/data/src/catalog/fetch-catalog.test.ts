import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { formats } from '../formats/index.ts';
import type { CatalogEntry } from './catalog-entry.ts';
import { fetchCatalogEntry } from './fetch-catalog.ts';
import { catalog } from './index.ts';

const root = await mkdtemp(join(tmpdir(), 'scion-catalog-'));
const served: Record<string, string> = { '/official/images.gz': 'images', '/official/labels.gz': 'labels' };
const requested: string[] = [];
const server = createServer((request, response) => {
  requested.push(request.url ?? '');
  const body = served[request.url ?? ''];
  response.writeHead(body === undefined ? 404 : 200).end(body);
});
let url = '';
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(root, { recursive: true, force: true });
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const rules = { maxBytes: 100_000, allowPrivateAddresses: true, catalogMirror: null, folders: [] };
const folder = () => mkdtemp(join(root, 'case-'));

function entry(files: { fileName: string; text: string }[]): CatalogEntry {
  return {
    ...catalog.mnist,
    files: files.map(({ fileName, text }) => ({ fileName, url: `${url}/official/${fileName}`, sha256: sha256(text) })),
  };
}
const twoFiles = () =>
  entry([
    { fileName: 'images.gz', text: 'images' },
    { fileName: 'labels.gz', text: 'labels' },
  ]);

test('several files are fetched, checked and put into one tar; nothing else is left', async () => {
  const dir = await folder();
  const fetched = await fetchCatalogEntry(twoFiles(), join(dir, 'out'), rules);
  assert.deepEqual([fetched.fileName, fetched.notes], ['mnist.tar', []]);
  const tar = (await readFile(join(dir, 'out'))).toString('latin1');
  assert.ok(tar.includes('mnist/images.gz') && tar.includes('mnist/labels.gz'));
  assert.deepEqual(await readdir(dir), ['out']);
});

test('a file whose hash differs from the published one is refused', async () => {
  const dir = await folder();
  const wrong = entry([{ fileName: 'images.gz', text: 'other images' }]);
  await assert.rejects(fetchCatalogEntry(wrong, join(dir, 'out'), rules), {
    code: 'sourceUnavailable',
    message: /not the published file/,
  });
  assert.deepEqual(await readdir(dir), []);
});

test('a mirror folder is tried first, and the net not asked', async () => {
  const mirror = await folder();
  await mkdir(join(mirror, 'mnist'));
  await writeFile(join(mirror, 'mnist', 'images.gz'), 'images');
  await writeFile(join(mirror, 'mnist', 'labels.gz'), 'relabelled');
  requested.length = 0;
  const fetched = await fetchCatalogEntry(twoFiles(), join(mirror, 'out'), { ...rules, catalogMirror: mirror });
  assert.deepEqual(requested, []);
  assert.deepEqual(
    fetched.notes.map(({ code, path }) => [code, path]),
    [['catalog-file-differs', 'labels.gz']],
  );
});

test('a mirror folder may hold the one archive under another name', async () => {
  const mirror = await folder();
  await mkdir(join(mirror, 'mnist'));
  await writeFile(join(mirror, 'mnist', 'digits.tar.gz'), 'an archive');
  await writeFile(join(mirror, 'mnist', 'README.md'), 'about it');
  const path = join(mirror, 'out');
  const single = entry([{ fileName: 'official.tar.gz', text: 'images' }]);
  const fetched = await fetchCatalogEntry(single, path, { ...rules, catalogMirror: mirror });
  assert.deepEqual([fetched.fileName, await readFile(path, 'utf8')], ['digits.tar.gz', 'an archive']);
});

test('a mirror without the files leads to the makers, a mirror URL likewise', async () => {
  const mirror = await folder();
  await fetchCatalogEntry(twoFiles(), join(mirror, 'out'), { ...rules, catalogMirror: mirror });
  served['/mirror/mnist/images.gz'] = 'images';
  requested.length = 0;
  await fetchCatalogEntry(twoFiles(), join(mirror, 'out'), { ...rules, catalogMirror: `${url}/mirror` });
  assert.deepEqual(requested, ['/mirror/mnist/images.gz', '/mirror/mnist/labels.gz', '/official/labels.gz']);
});

test('every entry is complete, and fetched from where its makers publish it', () => {
  for (const [name, { files, ...facts }] of Object.entries(catalog)) {
    assert.equal(facts.name, name);
    for (const fact of [facts.title, facts.licence, facts.citation, facts.format]) assert.notEqual(fact, '');
    assert.ok(facts.format === 'auto' || formats.some(({ id }) => id === facts.format), facts.format);
    assert.ok(URL.canParse(facts.homepage) && files.length > 0);
    for (const file of files) {
      assert.match(file.url, /^https?:\/\//);
      assert.ok(file.sha256 === null || /^[0-9a-f]{64}$/.test(file.sha256));
    }
  }
});

test('the documentation names every entry, with its licence and where it is from', async () => {
  const page = await readFile(new URL('../../../../docs/datasets.md', import.meta.url), 'utf8');
  for (const { name, title, licence, homepage } of Object.values(catalog)) {
    const rows = page.split('\n').filter((line) => line.startsWith(`| \`${name}\``)); // a format may have the same name
    const facts = [title, licence, homepage];
    assert.ok(
      rows.some((row) => facts.every((fact) => row.includes(fact))),
      `${name}: ${facts.join(', ')}`,
    );
  }
});
