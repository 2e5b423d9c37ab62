import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildZip } from '../testkit/build-archive.ts';
import { gradient, png } from '../testkit/build-image.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';
import { openPacked } from './open-packed.ts';
import type { PackedFiles } from './packed-files.ts';

const { root, packUpload } = await createPackingPlace();
const count = 100;
const imageBytes = 4 * 3 * 3;
const shardBytes = 2 * imageBytes;
const images = Array.from({ length: count }, (_, i) => gradient(4, 3, i));
const entries = images.map(async (image, i) => [`a/${String(i).padStart(3, '0')}.png`, await png(image)] as const);
const { outDir } = await packUpload(await buildZip(Object.fromEntries(await Promise.all(entries))), { shardBytes });

const isShard = (name: string) => name.includes('images-');
const sideFiles = (await readdir(outDir)).filter((name) => !isShard(name)).map((name) => stat(join(outDir, name)));
const sideBytes = (await Promise.all(sideFiles)).reduce((sum, { size }) => sum + size, 0);

const open: { close(): Promise<void> }[] = [];
after(() => Promise.all(open.map((dataset) => dataset.close())));

type Afar = { keepShards: number; beforeFetch?: (shard: number) => Promise<void>; afterFetch?: (path: string) => Promise<void> };

/** The packed form behind a copy that is made file by file. `fetched` names the shards in the order in which they were asked for. */
async function openFromAfar({ keepShards, beforeFetch, afterFetch }: Afar) {
  const path = await mkdtemp(join(root, 'copy-'));
  const fetched: number[] = [];
  const files: PackedFiles = {
    path,
    keepBytes: sideBytes + keepShards * shardBytes,
    async fetch(name) {
      const shard = /images-(\d+)/.exec(name)?.[1];
      if (shard !== undefined) {
        fetched.push(Number(shard));
        await beforeFetch?.(Number(shard));
      }
      await copyFile(join(outDir, name), join(path, name));
      if (shard !== undefined) await afterFetch?.(join(path, name));
    },
    drop: (name) => rm(join(path, name)),
  };
  const dataset = await openPacked(files, { memoryBytes: 1 });
  open.push(dataset);
  const shardsHere = async () => (await readdir(path)).filter(isShard).length;
  return { train: dataset.split('train'), fetched, shardsHere };
}

const expected = (indices: readonly number[]) => indices.flatMap((index) => [...images[index]!.data]);
const buffer = (images: number) => new Uint8Array(new SharedArrayBuffer(images * imageBytes));
/** Batches of ten images each, of five shards, in order. */
const batches = Array.from({ length: 10 }, (_, batch) => Array.from({ length: 10 }, (_, i) => 10 * batch + i));

test('a data set of more shards than are kept is read right, pass after pass, each shard being fetched once in a pass', async () => {
  const { train, fetched, shardsHere } = await openFromAfar({ keepShards: 12 });
  assert.deepEqual([train.shardCount, train.shardOf(0), train.shardOf(99)], [50, 0, 49]);
  const passes = [...batches, ...batches, ...batches];
  const ahead = train.readAhead(passes);
  for (const batch of passes) {
    const out = buffer(batch.length);
    const reading = train.read(batch, out);
    ahead?.next();
    await reading;
    assert.deepEqual([...out], expected(batch));
    const here = await shardsHere();
    assert.ok(here <= 12, `${here} shards are here`);
  }
  ahead?.close();
  assert.equal(fetched.length, 3 * 50);
  const inOrder = Array.from({ length: 150 }, (_, i) => i % 50);
  assert.deepEqual(fetched, inOrder);
});

test('reads in any order do without being told of, and hold on to more than is kept where they need it', async () => {
  const { train } = await openFromAfar({ keepShards: 3 });
  for (const turn of [1, 2, 3]) {
    const order = Array.from({ length: 40 }, (_, i) => (i * 37 * turn) % count);
    const [shared, own] = [buffer(order.length), new Uint8Array(order.length * imageBytes)];
    await Promise.all([train.read(order, shared), train.read(order, own)]);
    assert.deepEqual([...shared], expected(order));
    assert.deepEqual([...own], expected(order));
  }
});

test('a batch is read as soon as its own shards are here, while those of the next ones come', async () => {
  let openGate = () => {};
  const gate = new Promise<void>((resolve) => {
    openGate = resolve;
  });
  const beforeFetch = (shard: number) => (shard < 5 ? Promise.resolve() : gate);
  const { train, fetched } = await openFromAfar({ keepShards: 20, beforeFetch });
  const ahead = train.readAhead(batches);
  const out = buffer(10);
  const reading = train.read(batches[0]!, out);
  ahead?.next();
  await reading;
  assert.deepEqual([...out], expected(batches[0]!));
  assert.deepEqual(fetched, [0, 1, 2, 3, 4, 5, 6, 7, 8], 'four more are on their way, which nobody reads yet');
  openGate();
  ahead?.close();
});

test('a fetch that fails fails the read, and is tried again by the next', async () => {
  let isAway = true;
  const { train } = await openFromAfar({
    keepShards: 5,
    beforeFetch: async () => {
      if (isAway) throw new Error('the store is away');
    },
  });
  const ahead = train.readAhead(batches);
  const reading = train.read([4, 5], buffer(2));
  ahead?.next();
  await assert.rejects(reading, /the store is away/);
  isAway = false;
  const out = buffer(2);
  await train.read([4, 5], out);
  assert.deepEqual([...out], expected([4, 5]));
  ahead?.close();
});

test('a shard that comes damaged the second time is noticed', async () => {
  let damaged = false;
  const { train } = await openFromAfar({
    keepShards: 1,
    afterFetch: async (path) => {
      if (damaged) await writeFile(path, new Uint8Array(shardBytes));
    },
  });
  await train.read([1], buffer(1));
  await train.read([50], buffer(1));
  damaged = true;
  await assert.rejects(train.read([1], buffer(1)), { code: 'dataInvalid', message: /images-0000.u8 is damaged: its SHA-256/ });
});
