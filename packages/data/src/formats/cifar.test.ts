import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTarGz, buildZip } from '../testkit/build-archive.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packUpload } = await createPackingPlace();
const names = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ');

/** Records whose red, green and blue planes hold `label`, `label + 100` and the column. */
function batch(labels: readonly number[], labelBytes = 1): Buffer {
  return Buffer.concat(
    labels.map((label) => {
      const columns = Uint8Array.from({ length: 1024 }, (_, i) => i % 32);
      const planes = [Buffer.alloc(1024, label), Buffer.alloc(1024, label + 100), columns];
      return Buffer.concat([labelBytes === 2 ? Buffer.from([7, label]) : Buffer.from([label]), ...planes]);
    }),
  );
}

test('CIFAR-10 batches become train and test, planes become pixels', async () => {
  const { report, dataset } = await packUpload(
    await buildTarGz({
      'cifar-10-batches-bin/test_batch.bin': batch([5]),
      'cifar-10-batches-bin/data_batch_2.bin': batch([9, 0]),
      'cifar-10-batches-bin/data_batch_1.bin': batch([3]),
      'cifar-10-batches-bin/batches.meta.txt': `${names.join('\n')}\n\n`,
      'cifar-10-batches-bin/readme.html': '<p>',
    }),
  );
  assert.equal(report.format, 'cifar');
  assert.deepEqual(report.classNames, names);
  assert.deepEqual(report.example.shape, [32, 32, 3]);
  assert.equal(report.splits.train!.examples, 3);
  assert.deepEqual(
    Object.entries(report.splits.test!.classes).filter(([, count]) => count > 0),
    [['dog', 1]],
  );
  const train = dataset.split('train');
  assert.deepEqual([...train.labels], [3, 9, 0]);
  assert.deepEqual((await train.readSources())[2], { path: 'cifar-10-batches-bin/data_batch_2.bin', row: 1 });
  const out = new Uint8Array(2 * 3072);
  await train.read([1, 0], out);
  assert.deepEqual([...out.subarray(0, 6)], [9, 109, 0, 9, 109, 1]);
  assert.deepEqual([...out.subarray(3072 + 32 * 3, 3072 + 32 * 3 + 6)], [3, 103, 0, 3, 103, 1]);
});

test('without batches.meta.txt classes are called by number, and files may stand at the top', async () => {
  const { report } = await packUpload(await buildZip({ 'data_batch_1.bin': batch([0, 1]) }));
  assert.deepEqual(report.classNames, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  assert.deepEqual(Object.keys(report.splits), ['train']);
});

test('CIFAR-100 takes the fine label and keeps which coarse class it belongs to', async () => {
  const coarse = Array.from({ length: 20 }, (_, i) => `coarse${i}`);
  const fine = Array.from({ length: 100 }, (_, i) => `fine${i}`);
  const { report, dataset } = await packUpload(
    await buildZip({
      'cifar-100-binary/train.bin': batch([99, 12], 2),
      'cifar-100-binary/test.bin': batch([12], 2),
      'cifar-100-binary/fine_label_names.txt': fine.join('\n'),
      'cifar-100-binary/coarse_label_names.txt': coarse.join('\n'),
    }),
  );
  assert.deepEqual(report.classNames, fine);
  assert.deepEqual([...dataset.split('train').labels], [99, 12]);
  assert.equal(report.splits.test!.classes.fine12, 1);
  assert.deepEqual(report.superclasses, { fine12: 'coarse7', fine99: 'coarse7' });
});

const refusals: [string, Record<string, Buffer | string>, RegExp][] = [
  [
    'a file cut inside a record',
    { 'data_batch_1.bin': batch([1]).subarray(0, 3000) },
    /^data_batch_1\.bin: 3000 bytes are not a whole/,
  ],
  ['a label beyond the classes', { 'data_batch_1.bin': batch([1, 10]) }, /^data_batch_1\.bin: Record 1 has label 10/],
  [
    'a name that two classes share',
    { 'data_batch_1.bin': batch([1]), 'batches.meta.txt': 'a\na\n' },
    /^batches\.meta\.txt: .*twice/,
  ],
  [
    'two sets in one archive',
    { 'a/test_batch.bin': batch([1]), 'b/test_batch.bin': batch([1]) },
    /^b\/test_batch\.bin: .*one data set/,
  ],
];
for (const [what, files, message] of refusals) {
  test(`${what} is refused by name`, async () => {
    await assert.rejects(packUpload(await buildZip(files)), { code: 'dataInvalid', message });
  });
}
