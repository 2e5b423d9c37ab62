import assert from 'node:assert/strict';
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildZip } from '../testkit/build-archive.ts';
import { gradient, plain, png } from '../testkit/build-image.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';
import { openPacked } from './open-packed.ts';

const { root, packUpload } = await createPackingPlace();
const images = Array.from({ length: 30 }, (_, i) => gradient(4, 3, i));
const files = Object.fromEntries(
  await Promise.all(images.map(async (image, i) => [`c${i % 3}/${String(i).padStart(2, '0')}.png`, await png(image)])),
);
const { dataset, outDir } = await packUpload(await buildZip(files));

/** Images in packed order: by class folder, then by name. */
const packedOrder = [0, 1, 2].flatMap((label) => images.filter((_, i) => i % 3 === label));

test('examples are read in the order asked for, any number of times', async () => {
  const train = dataset.split('train');
  assert.deepEqual([train.name, train.length, train.shape, train.classNames], ['train', 30, [4, 3, 3], ['c0', 'c1', 'c2']]);
  const indices = Int32Array.from([29, 0, 7, 7, 15]);
  const out = new Uint8Array(indices.length * 36);
  await train.read(indices, out);
  assert.deepEqual(
    [...out],
    [...indices].flatMap((index) => [...packedOrder[index]!.data]),
  );
  await train.read([3], out.subarray(0, 36), { height: 4, width: 3 });
  assert.deepEqual([...out.subarray(0, 36)], [...packedOrder[3]!.data]);
});

test('examples are stretched to another size, the same from memory as at first', async () => {
  const { dataset: even } = await packUpload(
    await buildZip({ 'a/1.png': await png(plain(4, 4, [9, 8, 7])), 'b/1.png': await png(gradient(4, 4)) }),
  );
  const train = even.split('train');
  const first = new Uint8Array(2 * 6 * 5 * 3);
  await train.read([0, 1], first, { height: 6, width: 5 });
  assert.deepEqual([...first.subarray(0, 90)], Array.from({ length: 30 }, () => [9, 8, 7]).flat());
  const again = new Uint8Array(first.length);
  await train.read([0, 1], again, { height: 6, width: 5 });
  assert.deepEqual(again, first);
  const smaller = new Uint8Array(2 * 2 * 2 * 3);
  await train.read([1, 0], smaller, { height: 2, width: 2 });
  assert.deepEqual([...smaller.subarray(12)], [9, 8, 7, 9, 8, 7, 9, 8, 7, 9, 8, 7]);
});

test('buffers and indices that do not fit are refused', async () => {
  const train = dataset.split('train');
  await assert.rejects(train.read([0, 1], new Uint8Array(36)), RangeError);
  await assert.rejects(train.read([0], new Uint8Array(36), { height: 8, width: 8 }), RangeError);
  for (const index of [-1, 30, 0.5, Number.NaN]) await assert.rejects(train.read([index], new Uint8Array(36)), RangeError);
});

test('an unknown split is refused, naming those there are', () => {
  assert.deepEqual(dataset.splits, ['train']);
  assert.throws(() => dataset.split('test'), {
    code: 'specInvalid',
    message: 'The data set has no split "test". It has "train"',
  });
});

async function damagedCopy(damage: (folder: string) => Promise<void>): Promise<string> {
  const folder = await mkdtemp(join(root, 'copy-'));
  await cp(outDir, folder, { recursive: true });
  await damage(folder);
  return folder;
}

async function flipByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[0]! ^= 1;
  await writeFile(path, bytes);
}

test('a packed form that is incomplete or damaged is noticed', async () => {
  const refused = { code: 'dataInvalid', message: /missing or damaged|is damaged/ };
  await assert.rejects(openPacked(await damagedCopy((folder) => rm(join(folder, 'packed.json')))), refused);
  await assert.rejects(
    openPacked(await damagedCopy((folder) => writeFile(join(folder, 'packed.json'), '{"version":1}'))),
    refused,
  );
  await assert.rejects(openPacked(await damagedCopy((folder) => rm(join(folder, '0.images-0000.u8')))), refused);
  await assert.rejects(openPacked(await damagedCopy((folder) => appendFile(join(folder, '0.images-0000.u8'), 'x'))), refused);
  await assert.rejects(openPacked(await damagedCopy((folder) => flipByte(join(folder, '0.labels.i32')))), refused);
  const flipped = await openPacked(await damagedCopy((folder) => flipByte(join(folder, '0.images-0000.u8'))));
  await assert.rejects(flipped.split('train').read([5], new Uint8Array(36)), {
    code: 'dataInvalid',
    message: /0\.images-0000\.u8.*SHA-256/,
  });
  await flipped.close();
});
