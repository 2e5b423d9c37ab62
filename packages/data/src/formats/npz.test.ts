import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildZip } from '../testkit/build-archive.ts';
import { buildNpy } from '../testkit/build-npy.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packUpload } = await createPackingPlace();

const counting = (length: number) => Uint8Array.from({ length }, (_, i) => i % 256);
const images = (count: number) => buildNpy('|u1', [count, 2, 3], counting(count * 6));
const bytesOf = (numbers: BigInt64Array | Float32Array | Uint8Array) => new Uint8Array(numbers.buffer);

test('x_train, y_train, x_test, y_test', async () => {
  const { report, dataset } = await packUpload(
    await buildZip({
      'x_train.npy': images(4),
      'y_train.npy': buildNpy('<i8', [4], bytesOf(BigInt64Array.of(10n, 2n, -1n, 2n))),
      'x_test.npy': images(1),
      'y_test.npy': buildNpy('|u1', [1], Uint8Array.of(10)),
    }),
    { fileName: 'digits.npz' },
  );
  assert.deepEqual([report.format, report.classNames, report.example.shape], ['npz', ['-1', '2', '10'], [2, 3, 1]]);
  assert.deepEqual(Object.keys(report.splits), ['train', 'test']);
  const train = dataset.split('train');
  assert.deepEqual([...train.labels], [2, 1, 0, 1]);
  const out = new Uint8Array(12);
  await train.read([3, 0], out);
  assert.deepEqual([...out], [...counting(24).subarray(18), ...counting(6)]);
  assert.deepEqual((await train.readSources())[3], { path: 'x_train.npy', row: 3 });
});

test('the names of MedMNIST: train_images with labels of shape [n, 1], in colour', async () => {
  const colour = buildNpy('|u1', [2, 2, 2, 3], counting(24));
  const labels = buildNpy('|u1', [2, 1], Uint8Array.of(1, 0));
  const { report, dataset } = await packUpload(
    await buildZip({
      'train_images.npy': colour,
      'train_labels.npy': labels,
      'val_images.npy': colour,
      'val_labels.npy': labels,
      'test_images.npy': colour,
      'test_labels.npy': labels,
    }),
  );
  assert.deepEqual([report.format, report.classNames, report.example.shape], ['npz', ['0', '1'], [2, 2, 3]]);
  assert.deepEqual(Object.keys(report.splits), ['train', 'val', 'test']);
  assert.deepEqual([...dataset.split('val').labels], [1, 0]);
});

test('an .npz for each split inside an archive', async () => {
  const npz = (label: number) => buildZip({ 'x.npy': images(1), 'y.npy': buildNpy('|u1', [1], Uint8Array.of(label)) });
  const { report, dataset } = await packUpload(await buildZip({ 'set/train.npz': await npz(3), 'set/test.npz': await npz(4) }));
  assert.deepEqual([report.format, report.classNames, Object.keys(report.splits)], ['npz', ['3', '4'], ['train', 'test']]);
  assert.deepEqual(await dataset.split('test').readSources(), [{ path: 'set/test.npz/x.npy', row: 0 }]);
  await assert.rejects(packUpload(await buildZip({ 'train.npz': (await npz(3)).subarray(0, 200) })), {
    code: 'dataInvalid',
    message: /damaged or incomplete/,
  });
});

test('images with labels of text, or without labels', async () => {
  const text = Buffer.alloc(2 * 5 * 4);
  for (const [i, character] of [...'cat\0\0zèbre'].entries()) text.writeUInt32LE(character.codePointAt(0)!, 4 * i);
  const { report } = await packUpload(await buildZip({ 'images.npy': images(2), 'labels.npy': buildNpy('<U5', [2], text) }));
  assert.deepEqual(report.splits, { train: { examples: 2, labelled: 2, classes: { cat: 1, zèbre: 1 } } });
  const plain = Buffer.from('ant\0bee!', 'latin1');
  const { report: ascii } = await packUpload(await buildZip({ 'X.npy': images(2), 'y.npy': buildNpy('|S4', [2], plain) }));
  assert.deepEqual(ascii.classNames, ['ant', 'bee!']);
  const { report: bare } = await packUpload(await buildZip({ 'images.npy': images(2) }));
  assert.deepEqual(bare.splits, { train: { examples: 2, labelled: 0, classes: {} } });
});

test('whole numbers in any type and byte order', async () => {
  const cases: [string, Uint8Array][] = [
    ['<f4', bytesOf(Float32Array.of(3, 300))],
    ['>i2', Uint8Array.of(0, 3, 1, 44)],
    ['<u2', Uint8Array.of(3, 0, 44, 1)],
    ['>u8', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 1, 44)],
  ];
  for (const [descr, data] of cases) {
    const { report } = await packUpload(await buildZip({ 'x.npy': images(2), 'y.npy': buildNpy(descr, [2], data) }));
    assert.deepEqual(report.classNames, ['3', '300'], descr);
  }
});

const labels = buildNpy('|u1', [2], Uint8Array.of(0, 1));
const refusals: [string, Record<string, Buffer>, RegExp][] = [
  [
    'Python objects',
    { 'x.npy': buildNpy('|O', [2], Buffer.from('\x80\x04.')) },
    /^x\.npy: It holds Python objects, which are pickled/,
  ],
  ['labels that are Python objects', { 'x.npy': images(2), 'y.npy': buildNpy('|O', [2], Buffer.alloc(9)) }, /^y\.npy: .*pickled/],
  ['fractions as images', { 'x.npy': buildNpy('<f4', [1, 1, 1], Buffer.alloc(4)) }, /not uint8: scale/],
  ['fractions as labels', { 'x.npy': images(1), 'y.npy': buildNpy('<f4', [1], bytesOf(Float32Array.of(0.5))) }, /not fractions/],
  ['several labels each', { 'x.npy': images(1), 'y.npy': buildNpy('|u1', [1, 2], counting(2)) }, /one class each, not \[1, 2\]/],
  ['flat images', { 'x.npy': buildNpy('|u1', [2, 6], counting(12)) }, /not \[2, 6\]/],
  ['channels first', { 'x.npy': buildNpy('|u1', [1, 3, 5, 5], counting(75)) }, /transpose\(0, 2, 3, 1\)/],
  ['Fortran order', { 'x.npy': buildNpy('|u1', [1, 2, 2], counting(4), 'True') }, /ascontiguousarray/],
  ['images cut short', { 'x.npy': images(2).subarray(0, -1), 'y.npy': labels }, /promises 2 images, but there are 1$/],
  ['labels cut short', { 'x.npy': images(2), 'y.npy': labels.subarray(0, -1) }, /promises 2 labels/],
  ['fewer labels than images', { 'x.npy': images(3), 'y.npy': labels }, /3 images, but 2 labels/],
  ['no array file', { 'x.npy': Buffer.from('hello there, this is no array') }, /does not start like a NumPy array/],
  ['a shape out of range', { 'x.npy': buildNpy('|u1', [1, 99_999_999, 99_999_999], counting(1)) }, /out of range/],
  ['labels without images', { 'x_test.npy': images(2), 'y_train.npy': labels }, /^y_train\.npy: There are labels, but not/],
  ['two sets of images', { 'a/x.npy': images(2), 'b/x.npy': images(2) }, /^b\/x\.npy: a\/x\.npy holds the train images too/],
  [
    'a header that is a program',
    { 'x.npy': Buffer.from(images(1).toString('latin1').replace("'shape': (1, 2, 3)", "'shape': exit(1, 2)"), 'latin1') },
    /NumPy header is damaged/,
  ],
];
for (const [what, files, message] of refusals) {
  test(`${what}: refused by name`, async () => {
    await assert.rejects(packUpload(await buildZip(files)), { code: 'dataInvalid', message });
  });
}
