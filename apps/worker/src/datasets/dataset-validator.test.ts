import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, type TestContext, test } from 'node:test';
import { eventually } from '@scion/jobs/testkit';
import { artifactKeys, type Dataset } from '@scion/schema';
import { crashingPack } from '../crashing-pack.fixture.ts';
import { openWorkshop, type Workshop } from '../supervisor.fixture.ts';

let shop: Workshop;

beforeEach(async () => {
  shop = await openWorkshop();
});
afterEach(() => shop.close());

/** A tar archive, written out by hand: a header block for each file, then its bytes in blocks of 512. */
function tar(files: Record<string, Uint8Array>): Uint8Array {
  const blocks: Buffer[] = [];
  for (const [name, bytes] of Object.entries(files)) {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write('0', 156);
    header.write('ustar\x0000', 257);
    const checksum = header.reduce((sum, byte) => sum + byte, 0);
    header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
    const padded = Buffer.alloc(Math.ceil(bytes.length / 512) * 512);
    padded.set(bytes);
    blocks.push(header, padded);
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** Arrays of bytes in the idx format of MNIST. */
function idx(shape: number[], fill: (i: number) => number): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [i, length] of shape.entries()) header.writeUInt32BE(length, 4 + 4 * i);
  const size = shape.reduce((product, length) => product * length, 1);
  return Buffer.concat([header, Uint8Array.from({ length: size }, (_, i) => fill(i))]);
}

const digits = tar({
  'train-images-idx3-ubyte': idx([20, 8, 8], (i) => i % 256),
  'train-labels-idx1-ubyte': idx([20], (i) => i % 10),
});

async function upload(bytes: Uint8Array, fileName: string): Promise<string> {
  const { id } = await shop.services.datasets.create({ format: 'auto', fileName, sizeBytes: bytes.length });
  await shop.store.put(artifactKeys.datasetUpload(id), bytes);
  return id;
}

const validated = (id: string): Promise<Dataset> =>
  eventually(async () => {
    const dataset = await shop.services.datasets.get(id);
    return dataset.state !== 'validating' && dataset;
  }, 60_000);

test('an upload becomes a ready data set, its packed form in place', async () => {
  const id = await upload(digits, 'digits.tar');
  await shop.start();
  const dataset = await validated(id);
  assert.equal(dataset.state, 'ready', JSON.stringify(dataset.error));
  assert.deepEqual([dataset.format, dataset.splits['train']?.examples, dataset.example?.shape], ['idx', 20, [8, 8, 1]]);
  const folder = artifactKeys.datasetPacked(id);
  const files = await shop.store.list(`datasets/${id}`);
  assert.ok(files.includes(`${folder}/packed.json`), files.join(' '));
  assert.ok(
    files.every((key) => key === artifactKeys.datasetUpload(id) || key.startsWith(`${folder}/`)),
    files.join(' '),
  );
});

test('an upload that is no data set is invalid, and says why', async () => {
  const id = await upload(new TextEncoder().encode('not an archive'), 'notes.txt');
  await shop.start();
  const { state, error } = await validated(id);
  assert.equal(state, 'invalid');
  assert.notEqual(error?.message, '');
  assert.deepEqual(await shop.store.list(artifactKeys.datasetPacked(id)), []);
});

test('an upload that kills its validator three times is invalid, and the worker goes on', async () => {
  const id = await upload(digits, 'digits.tar');
  await shop.start({ packPath: crashingPack });
  const { state, error } = await validated(id);
  assert.deepEqual([state, error?.code], ['invalid', 'dataInvalid']);
  assert.match(error?.message ?? '', /SIGABRT/);
});

test('a data set that is deleted while it is validated leaves nothing packed behind', async () => {
  const id = await upload(digits, 'digits.tar');
  await shop.start();
  await eventually(
    async () => (await shop.queue.counts('dataset')).active > 0 || (await shop.services.datasets.get(id)).state === 'ready',
  );
  await shop.services.datasets.delete(id);
  await eventually(async () => (await shop.queue.counts('dataset')).active === 0);
  await assert.rejects(shop.services.datasets.get(id));
});

async function serveDigits(t: TestContext): Promise<{ url: string; requests: () => number }> {
  let requests = 0;
  const server = createServer((_, response) => {
    requests++;
    response.end(digits);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/digits.tar`, requests: () => requests };
}

async function addByUrl(url: string): Promise<string> {
  const source = { type: 'url', url } as const;
  return (await shop.services.datasets.create({ source, format: 'auto', fileName: 'upload', sizeBytes: 0 })).id;
}

test('a data set given by its URL is fetched, kept once, and packed', async (t) => {
  const { url } = await serveDigits(t);
  const [first, second] = [await addByUrl(url), await addByUrl(url)];
  await shop.start({ fetchRules: { allowPrivateAddresses: true } });
  for (const id of [first, second]) {
    const dataset = await validated(id);
    assert.equal(dataset.state, 'ready', JSON.stringify(dataset.error));
    assert.deepEqual(
      [dataset.fileName, dataset.sizeBytes, dataset.sha256],
      ['digits.tar', digits.length, createHash('sha256').update(digits).digest('hex')],
    );
  }
  const uploads = await eventually(async () => {
    const keys = (await shop.store.list('datasets')).filter((key) => !key.includes('/packed/'));
    return keys.length === 1 && keys;
  });
  assert.deepEqual(Buffer.from((await shop.store.get(uploads[0]!))!), Buffer.from(digits));
});

test('a URL that leads into the own network makes the data set invalid, and is not visited', async (t) => {
  const { url, requests } = await serveDigits(t);
  const id = await addByUrl(url);
  await shop.start();
  const { state, error } = await validated(id);
  assert.deepEqual([state, error?.code, requests()], ['invalid', 'sourceForbidden', 0]);
  await eventually(async () => (await shop.store.list('datasets')).length === 0);
});
