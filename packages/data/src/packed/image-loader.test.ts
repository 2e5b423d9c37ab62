import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildZip } from '../testkit/build-archive.ts';
import { encode, gradient, jpeg, plain, png } from '../testkit/build-image.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';
import { openPacked, type PackedDataset } from './open-packed.ts';

const { root, packUpload } = await createPackingPlace();

/** Images of many sizes, and one that a camera turned. */
const count = 24;
const files = Object.fromEntries(
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const image = gradient(40 + 7 * i, 90 - 2 * i, i);
      return [
        `c${i % 2}/${String(i).padStart(2, '0')}.jpg`,
        i === 4 ? await encode(image).jpeg().withMetadata({ orientation: 6 }).toBuffer() : await jpeg(image),
      ];
    }),
  ),
);
const { outDir } = await packUpload(await buildZip(files));
const opened: PackedDataset[] = [];
after(() => Promise.all(opened.map((dataset) => dataset.close())));

async function openTrain(options: { memoryBytes?: number } = {}) {
  const dataset = await openPacked(outDir, options);
  opened.push(dataset);
  return dataset.split('train');
}

const target = { height: 24, width: 20 };
const imageBytes = target.height * target.width * 3;
const indices = [23, 0, 5, 5, 11, 2, 17, 4];
const shared = (images: number) => new Uint8Array(new SharedArrayBuffer(images * imageBytes));

/** A box in each image, somewhere and of some size. */
function someBoxes(sizes: Int32Array): Int32Array {
  return Int32Array.from(
    indices.flatMap((index, i) => {
      const [height = 0, width = 0] = sizes.subarray(2 * index, 2 * index + 2);
      return [3 + i, 2 * i, height - 10 - 3 * i, width - 15 - 3 * i];
    }),
  );
}

test('the sizes of images of different sizes are known, turned upright', async () => {
  const { sizes } = await openTrain();
  assert.ok(sizes);
  const upright = (i: number) => (i === 4 ? [90 - 2 * i, 40 + 7 * i] : [40 + 7 * i, 90 - 2 * i]);
  const packedOrder = [0, 1].flatMap((label) => Array.from({ length: count }, (_, i) => i).filter((i) => i % 2 === label));
  assert.deepEqual([...sizes], packedOrder.flatMap(upright));
});

test('threads decode into shared memory what is decoded without them, again and again', async () => {
  const train = await openTrain();
  const expected = new Uint8Array(indices.length * imageBytes);
  await train.read(indices, expected, target);
  const out = shared(indices.length);
  for (let pass = 0; pass < 3; pass++) {
    out.fill(0);
    await train.read(indices, out, target);
    assert.deepEqual(Uint8Array.from(out), expected, `pass ${pass}`);
  }
});

test('parts of images are the same whether images are kept in memory or not', async () => {
  const boxesOf = async (options: { memoryBytes?: number }) => {
    const train = await openTrain(options);
    const boxes = someBoxes(train.sizes!);
    const passes = [];
    for (let pass = 0; pass < 2; pass++) {
      const out = shared(indices.length);
      await train.read(indices, out, { ...target, boxes });
      passes.push(Uint8Array.from(out));
    }
    return passes;
  };
  const [kept, keptAgain] = await boxesOf({});
  const [fresh, freshAgain] = await boxesOf({ memoryBytes: 1 });
  assert.deepEqual(keptAgain, kept);
  assert.deepEqual(fresh, kept);
  assert.deepEqual(freshAgain, kept);
  assert.ok(new Set(kept!.subarray(0, imageBytes)).size > 20, 'something must be seen on it');
});

test('many reads at once do not get in one another’s way', async () => {
  const train = await openTrain();
  const expected = new Uint8Array(count * imageBytes);
  await train.read(
    Array.from({ length: count }, (_, i) => i),
    expected,
    target,
  );
  const reads = Array.from({ length: 12 }, async (_, turn) => {
    const order = Array.from({ length: count }, (_unused, i) => (i * 5 + turn) % count);
    const out = shared(count);
    await train.read(order, out, target);
    for (const [place, index] of order.entries()) {
      const at = (bytes: Uint8Array, image: number) => Buffer.from(bytes.slice(image * imageBytes, (image + 1) * imageBytes));
      assert.ok(at(out, place).equals(at(expected, index)), `turn ${turn}, image ${index}`);
    }
  });
  await Promise.all(reads);
});

test('a damaged file is told of as such', async () => {
  const folder = await mkdtemp(join(root, 'damaged-'));
  await cp(outDir, folder, { recursive: true });
  const path = join(folder, '0.images-0000.bin');
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path, bytes);
  const dataset = await openPacked(folder);
  opened.push(dataset);
  await assert.rejects(dataset.split('train').read([0], shared(1), target), {
    name: 'ScionError',
    code: 'dataInvalid',
    message: /0\.images-0000\.bin is damaged: its SHA-256 differs/,
  });
});

test('decoded images that do not fit into memory are read from the disk, into shared memory too', async () => {
  const images = Array.from({ length: 10 }, (_, i) => (i === 0 ? plain(6, 5, [1, 2, 3]) : gradient(6, 5, i)));
  const even = await packUpload(
    await buildZip(Object.fromEntries(await Promise.all(images.map(async (image, i) => [`a/${i}.png`, await png(image)])))),
  );
  const dataset = await openPacked(even.outDir, { memoryBytes: 100 });
  opened.push(dataset);
  const order = [9, 3, 3, 0];
  for (const out of [new Uint8Array(new SharedArrayBuffer(order.length * 90)), new Uint8Array(order.length * 90)]) {
    await dataset.split('train').read(order, out);
    assert.deepEqual(
      [...out],
      order.flatMap((index) => [...images[index]!.data]),
    );
  }
});
