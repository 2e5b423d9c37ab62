import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { buildTar, buildZip } from '../testkit/build-archive.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packUpload } = await createPackingPlace();

function idxFile(sizes: readonly number[], values: readonly number[], type = 0x08): Buffer {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.set([0, 0, type, sizes.length]);
  for (const [i, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  return Buffer.concat([header, Buffer.from(values)]);
}

function counting(length: number): number[] {
  return Array.from({ length }, (_, i) => i % 256);
}

test('train and t10k files become train and test, gzipped or not, in any folder', async () => {
  const files = {
    'mnist/train-images-idx3-ubyte': idxFile([3, 2, 4], counting(24)),
    'mnist/train-labels-idx1-ubyte': idxFile([3], [7, 0, 2]),
    'mnist/t10k-images-idx3-ubyte': idxFile([1, 2, 4], counting(8)),
    'mnist/t10k-labels-idx1-ubyte': idxFile([1], [2]),
    'mnist/README.md': 'passed over',
  };
  const zipped = Object.fromEntries(
    Object.entries(files).map(([path, content]) => (path.endsWith('.md') ? [path, content] : [`${path}.gz`, gzipSync(content)])),
  );
  for (const upload of [await buildZip(files), await buildTar(zipped)]) {
    const { report, dataset } = await packUpload(upload);
    assert.equal(report.format, 'idx');
    assert.deepEqual(report.classNames, ['0', '1', '2', '3', '4', '5', '6', '7']);
    assert.deepEqual(report.example.shape, [2, 4, 1]);
    assert.deepEqual(
      Object.entries(report.splits).map(([name, { examples, labelled }]) => [name, examples, labelled]),
      [
        ['train', 3, 3],
        ['test', 1, 1],
      ],
    );
    const train = dataset.split('train');
    assert.deepEqual([...train.labels], [7, 0, 2]);
    const out = new Uint8Array(16);
    await train.read([2, 0], out);
    assert.deepEqual([...out], [...counting(24).slice(16), ...counting(8)]);
  }
});

test('four dimensions are colour, missing labels are no labels', async () => {
  const { report, dataset } = await packUpload(
    await buildZip({
      'train-images-idx4-ubyte': idxFile([2, 2, 2, 3], counting(24)),
      'val-images.idx4-ubyte': idxFile([1, 2, 2, 3], counting(12)),
    }),
  );
  assert.deepEqual(report.example.shape, [2, 2, 3]);
  assert.deepEqual(report.classNames, []);
  assert.deepEqual(report.splits.val, { examples: 1, labelled: 0, classes: {} });
  const out = new Uint8Array(12);
  await dataset.split('train').read([1], out);
  assert.deepEqual([...out], counting(24).slice(12));
});

const images = idxFile([2, 2, 2], counting(8));
const refusals: [string, Record<string, Buffer>, RegExp][] = [
  [
    'fewer labels than images',
    { 'train-images-idx3-ubyte': images, 'train-labels-idx1-ubyte': idxFile([1], [1]) },
    /2 images, but 1 labels/,
  ],
  [
    'an image file that is cut short',
    { 'train-images-idx3-ubyte': images.subarray(0, -3) },
    /promises 2 images, but there are 1$/,
  ],
  [
    'a label file that is cut short',
    { 'train-images-idx3-ubyte': images, 'train-labels-idx1-ubyte': idxFile([2], [1]) },
    /promises 2 labels/,
  ],
  [
    'a file that is too long',
    { 'train-images-idx3-ubyte': Buffer.concat([images, Buffer.from([1])]) },
    /longer than its header says/,
  ],
  ['numbers other than bytes', { 'train-images-idx3-ubyte': idxFile([2, 2, 2], counting(32), 0x0d) }, /not unsigned bytes/],
  ['a file that is not idx', { 'train-images-idx3-ubyte': Buffer.from('hello there') }, /does not start like an idx file/],
  ['a file that ends inside its header', { 'train-images-idx3-ubyte': images.subarray(0, 10) }, /ends inside its header/],
  ['two dimensions', { 'train-images-idx3-ubyte': idxFile([2, 4], counting(8)) }, /have 3 dimensions/],
  ['two channels', { 'train-images-idx4-ubyte': idxFile([1, 2, 2, 2], counting(8)) }, /1 or 3 channels, not 2/],
  ['images without pixels', { 'train-images-idx3-ubyte': idxFile([2, 0, 2], []) }, /Images of 0x2 are out of range/],
  [
    'splits of two sizes',
    { 'train-images-idx3-ubyte': images, 't10k-images-idx3-ubyte': idxFile([1, 3, 3], counting(9)) },
    /t10k-images-idx3-ubyte: Its images are 3x3x1, but those of train-images-idx3-ubyte are 2x2x1/,
  ],
  [
    'labels without their images',
    { 'train-images-idx3-ubyte': images, 't10k-labels-idx1-ubyte': idxFile([1], [1]) },
    /^t10k-labels-idx1-ubyte: There are labels, but not their images/,
  ],
  ['two train files', { 'a/train-images-idx3-ubyte': images, 'b/train-images-idx3-ubyte': images }, /one data set at a time/],
];
for (const [what, files, message] of refusals) {
  test(`${what}: refused by name`, async () => {
    await assert.rejects(packUpload(await buildZip(files)), { code: 'dataInvalid', message });
  });
}

test('a split of any name is read, and comes after the usual ones', async () => {
  const { report } = await packUpload(
    await buildZip({
      'emnist-digits-extra-images-idx3-ubyte': images,
      'emnist-digits-train-images-idx3-ubyte': images,
      'emnist-digits-extra-labels-idx1-ubyte': idxFile([2], [1, 0]),
    }),
  );
  assert.deepEqual(
    Object.entries(report.splits).map(([name, { labelled }]) => [name, labelled]),
    [
      ['train', 0],
      ['extra', 2],
    ],
  );
});

test('one file is a data set without an archive', async () => {
  const fileName = 'train-images-idx3-ubyte.gz';
  const { report } = await packUpload(gzipSync(images), { fileName });
  assert.deepEqual([report.format, report.splits.train!.examples], ['idx', 2]);
});
