import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTarGz, buildZip } from '../testkit/build-archive.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packUpload } = await createPackingPlace();
const names = 'airplane bird car cat deer dog horse monkey ship truck'.split(' ');
const imageBytes = 3 * 96 * 96;

/** An image as the files hold it, column by column: red is the row, green the column, blue `mark`. */
function image(mark: number): Buffer {
  const plane = (value: (row: number, column: number) => number) =>
    Buffer.from(Uint8Array.from({ length: 96 * 96 }, (_, i) => value(i % 96, Math.floor(i / 96))));
  return Buffer.concat([plane((row) => row), plane((_, column) => column), plane(() => mark)]);
}
const images = (...marks: number[]) => Buffer.concat(marks.map(image));

test('labels are counted from 1, images stand column by column, and the unlabelled ones are a split of their own', async () => {
  const { report, dataset } = await packUpload(
    await buildTarGz({
      'stl10_binary/class_names.txt': `${names.join('\n')}\n`,
      'stl10_binary/fold_indices.txt': '0 1\n',
      'stl10_binary/train_X.bin': images(1, 2),
      'stl10_binary/train_y.bin': Buffer.from([10, 1]),
      'stl10_binary/test_X.bin': images(3),
      'stl10_binary/test_y.bin': Buffer.from([2]),
      'stl10_binary/unlabeled_X.bin': images(4, 5, 6),
    }),
  );
  assert.deepEqual([report.format, report.classNames, report.example.shape], ['stl10', names, [96, 96, 3]]);
  assert.deepEqual(
    Object.entries(report.splits).map(([split, { examples, labelled }]) => [split, examples, labelled]),
    [
      ['train', 2, 2],
      ['test', 1, 1],
      ['unlabelled', 3, 0],
    ],
  );
  const train = dataset.split('train');
  assert.deepEqual([...train.labels], [9, 0]);
  const pixels = new Uint8Array(imageBytes);
  await train.read([1], pixels);
  const at = (row: number, column: number) => [...pixels.subarray((row * 96 + column) * 3, (row * 96 + column) * 3 + 3)];
  assert.deepEqual(
    [at(0, 0), at(5, 0), at(0, 7), at(95, 94)],
    [
      [0, 0, 2],
      [5, 0, 2],
      [0, 7, 2],
      [95, 94, 2],
    ],
  );
});

const broken: { what: string; files: Record<string, Buffer | string>; message: RegExp }[] = [
  {
    what: 'labels for other images',
    files: { 'train_X.bin': images(1), 'train_y.bin': Buffer.from([1, 2]) },
    message: /1 images, but 2 labels/,
  },
  {
    what: 'a label outside 1 to 10',
    files: { 'train_X.bin': images(1), 'train_y.bin': Buffer.from([0]) },
    message: /Label 0 is 0/,
  },
  {
    what: 'too few class names',
    files: { 'train_X.bin': images(1), 'class_names.txt': 'cat\ndog\n' },
    message: /2 different class names in it, not 10/,
  },
  {
    what: 'half an image',
    files: { 'test_X.bin': images(1), 'train_X.bin': images(1).subarray(1) },
    message: /not a whole number/,
  },
];
for (const { what, files, message } of broken) {
  test(`refuses ${what}`, async () => {
    await assert.rejects(packUpload(await buildZip(files)), { code: 'dataInvalid', message });
  });
}
