/** Damages uploads of every format at random places: each must be packed, or refused with a reason, leaving nothing behind. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ScionError } from '@scion/schema';
import { packDataset } from './pack/pack-dataset.ts';
import { buildTar, buildTarGz, buildZip } from './testkit/build-archive.ts';
import { encode, gradient, jpeg, png } from './testkit/build-image.ts';
import { buildNpy } from './testkit/build-npy.ts';
import { buildHubParquet } from './testkit/build-parquet.ts';
import { buildIndexPng } from './testkit/build-png.ts';
import { buildWav, bytesOf, tone } from './testkit/build-wav.ts';
import { flacFiles } from './testkit/flac-files.ts';
import { createPackingPlace } from './testkit/pack-upload.ts';

const { root, request } = await createPackingPlace();

/** Mutations of each upload; SCION_FUZZ_ROUNDS asks for more. */
const rounds = Number(process.env.SCION_FUZZ_ROUNDS ?? 12);
/** A hang: counted is the processor time of this process, which is the same however busy the machine is. */
const maxProcessorMs = 10_000;
/** One that waits for ever takes no processor time. */
const maxWaitMs = 120_000;
/** What the largest moment of a mutation may take, beyond what packing took before it. */
const maxGrowthBytes = 256 * 2 ** 20;

/** Of the whole process, after all mutations. */
const maxResidentBytes = 2 ** 30;

/** A small generator of 32-bit numbers (xorshift), so that a failure can be repeated from its seed. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Flips, overwrites, cuts, repeats or removes bytes, one to four times. */
function mutate(bytes: Buffer, seed: number): Buffer {
  const random = randomNumbers(seed);
  let mutated = Buffer.from(bytes);
  for (let times = 1 + random(4); times > 0 && mutated.length > 1; times--) {
    const at = random(mutated.length);
    const length = 1 + random(Math.min(64, mutated.length - at));
    const kinds = [
      () => mutated.fill(mutated[at]! ^ (1 << random(8)), at, at + 1),
      () => mutated.fill([0, 0x7f, 0x80, 0xff][random(4)]!, at, at + length),
      () => mutated.subarray(0, at),
      () => Buffer.concat([mutated.subarray(0, at + length), mutated.subarray(at)]),
      () => Buffer.concat([mutated.subarray(0, at), mutated.subarray(at + length)]),
    ];
    mutated = Buffer.from(kinds[random(kinds.length)]!());
  }
  return mutated;
}

function largestResidentBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

const image = await png(gradient(6, 5));
const photo = await jpeg(gradient(6, 5, 1));
const animation = await encode(gradient(6, 5, 2))
  .gif()
  .toBuffer();
const webp = await encode(gradient(6, 5, 3))
  .webp()
  .toBuffer();
const folders = { 'train/a/1.png': image, 'train/b/2.jpg': photo, 'test/a/3.gif': animation, 'test/b/4.webp': webp };
const hubRows = [image, photo].map((bytes, label) => ({ image: { bytes, path: 'x' }, label }));
const idx = Buffer.concat([Buffer.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2]), Buffer.alloc(8, 7)]);
const npy = buildNpy('|u1', [3, 2, 2], new Uint8Array(12));
const labels = buildNpy('<i4', [3], new Uint8Array(12));
const csv = Buffer.from(`image,label\n1.png,"a ""b"""\n2.jpg,c\n${image.toString('base64')},d\n`);
const jsonl = Buffer.from(`{"image":"1.png","label":"a"}\n{"image":"${image.toString('base64')}","label":2}\n`);
const wav = buildWav(bytesOf(tone(1, { seconds: 0.02 })));
const indexed = buildIndexPng(
  6,
  5,
  Array.from({ length: 30 }, (_, i) => i % 3),
);
const annotation = '<annotation><object><name>cat</name></object><object><name>dog</name></object></annotation>';
const coco = {
  images: [{ id: 1, file_name: '1.png', height: 6, width: 5 }],
  categories: [{ id: 7, name: 'cat' }],
  annotations: [
    { image_id: 1, category_id: 7, area: 9, segmentation: [[0, 0, 4, 0, 4, 4]] },
    { image_id: 1, category_id: 7, area: 2, segmentation: { size: [6, 5], counts: '1210o0' } },
  ],
};
const uploads: Record<string, Buffer> = {
  'tone.wav': wav,
  'tone.flac': flacFiles.mono24,
  'recordings.tar': await buildTar({
    'yes_ann_1.wav': wav,
    'no_ann_1.wav': wav,
    'yes_bob_1.flac': flacFiles.mono24,
    'no_bob_1.wav': wav,
  }),
  'texts.csv': Buffer.from('text,label\n"where is ""it""?\nhere",a|b\ncafé au lait,"[""c""]"\n'),
  'texts.jsonl': Buffer.from('{"text":"one of them","label":["a","b"],"n":1.5}\n{"text":"the other","label":[],"n":2}\n'),
  'texts.zip': await buildZip({ 'train/a/1.txt': 'one', 'train/b/2.txt': 'zwei Wörter', 'test/a/3.txt': 'three' }),
  'masks.tar': await buildTar({ 'images/1.png': image, 'masks/1.png': indexed, 'classes.txt': '0 sky\n1 road\n2 void\n' }),
  'voc.tar': await buildTar({
    'JPEGImages/1.jpg': photo,
    'Annotations/1.xml': annotation,
    'SegmentationClass/1.png': indexed,
    'ImageSets/Main/train.txt': '1\n',
  }),
  'coco.tar': await buildTar({ 'train/1.png': image, 'annotations/instances_train.json': JSON.stringify(coco) }),
  'folders.zip': await buildZip(folders),
  'folders.tar': await buildTar(folders),
  'folders.tar.gz': await buildTarGz(folders),
  'photo.jpg': photo,
  'photo.png': image,
  'photo.gif': animation,
  'photo.webp': webp,
  'cifar.tar': await buildTar({ 'data_batch_1.bin': Buffer.alloc(2 * 3073, 1), 'batches.meta.txt': 'a\nb\n' }),
  'train-images-idx3-ubyte': idx,
  'train-images-idx3-ubyte.gz': gzipSync(idx),
  'arrays.npz': await buildZip({ 'x_train.npy': npy, 'y_train.npy': labels }),
  'arrays.tar': await buildTar({ 'x_train.npy': npy, 'y_train.npy': labels }),
  'table.csv': csv,
  'table.tar': await buildTar({ '1.png': image, '2.jpg': photo, 'table.csv': csv }),
  'table.jsonl': jsonl,
  'train.parquet': buildHubParquet(hubRows, { classNames: ['a', 'b'] }),
  'plain.parquet': buildHubParquet(hubRows, { classNames: ['a', 'b'], codec: 'UNCOMPRESSED' }),
  'shards.tar': await buildTar({
    'shard-0.tar': await buildTar({ '0.png': image, '0.cls': '1', '1.jpg': photo, '1.json': '{"label":2}' }),
  }),
};

for (const [fileName, upload] of Object.entries(uploads)) {
  test(`${fileName}, damaged in ${rounds} ways`, { timeout: rounds * maxWaitMs }, async () => {
    let packed = 0;
    for (let seed = 0; seed < rounds; seed++) {
      const started = process.cpuUsage();
      const largestBytes = largestResidentBytes();
      const asked = { ...(await request(seed === 0 ? upload : mutate(upload, seed))), fileName };
      try {
        await packDataset(asked);
        packed++;
      } catch (error) {
        const isRefusal = error instanceof ScionError && error.code !== 'internal' && error.message !== '';
        assert.ok(isRefusal, `seed ${seed}: ${error instanceof Error ? error.stack : error}`);
        assert.equal(existsSync(asked.outDir), false, `seed ${seed}`);
      }
      const { user, system } = process.cpuUsage(started);
      const processorMs = (user + system) / 1000;
      assert.ok(processorMs < maxProcessorMs, `seed ${seed} took ${processorMs} ms`);
      const growthBytes = largestResidentBytes() - largestBytes;
      if (seed > 0) assert.ok(growthBytes < maxGrowthBytes, `seed ${seed} took ${Math.round(growthBytes / 2 ** 20)} MiB more`);
    }
    assert.ok(packed > 0, 'not even the whole upload was packed');
  });
}

test('all of it together took bounded memory', () => {
  assert.ok(largestResidentBytes() < maxResidentBytes, `${Math.round(largestResidentBytes() / 2 ** 20)} MiB were resident`);
});

test('nothing was written outside the folders that were asked for', async () => {
  assert.ok((await readdir(root)).every((name) => /^[0-9a-f-]{36}$/.test(name)));
});
