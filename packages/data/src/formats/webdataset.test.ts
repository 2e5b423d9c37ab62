import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DatasetReport } from '@scion/schema';
import { buildTar, buildTarGz, buildZip } from '../testkit/build-archive.ts';
import { gradient, png } from '../testkit/build-image.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packUpload } = await createPackingPlace();

const pixels = [1, 2, 3, 4].map((seed) => gradient(4, 5, seed));
const [a, b, c, d] = (await Promise.all(pixels.map(png))) as [Buffer, Buffer, Buffer, Buffer];

const issuesOf = ({ issues }: DatasetReport) => issues.map(({ code, path }) => [code, path]);

test('shards with .cls files; the split is in the name of the shard', async () => {
  const train0 = await buildTar({ '000001.png': b, '000001.cls': '10\n', '000000.png': a, '000000.cls': '2' });
  const train1 = await buildTar({ '000000.png': c, '000000.cls': '10' });
  const val = await buildTar({ '000000.png': d, '000000.cls': '2' });
  const { report, dataset } = await packUpload(
    await buildZip({ 'set-val-000000.tar': val, 'set-train-000001.tar': train1, 'set-train-000000.tar': train0 }),
  );
  assert.deepEqual([report.format, report.classNames, report.issues], ['webdataset', ['2', '10'], []]);
  assert.deepEqual(report.splits, {
    train: { examples: 3, labelled: 3, classes: { 2: 1, 10: 2 } },
    val: { examples: 1, labelled: 1, classes: { 2: 1, 10: 0 } },
  });
  const train = dataset.split('train');
  assert.deepEqual([...train.labels], [0, 1, 1]);
  assert.deepEqual((await train.readSources())[2], { path: 'set-train-000001.tar/000000.png', row: null });
  const out = new Uint8Array(3 * 60);
  await train.read([0, 1, 2], out);
  assert.deepEqual(
    [...out],
    pixels.slice(0, 3).flatMap(({ data }) => [...data]),
  );
});

test('one shard alone, with labels and groups in JSON', async () => {
  const json = (fields: unknown) => JSON.stringify(fields);
  const shard = {
    'x/0.png': a,
    'x/0.json': json({ caption: 'a cat', label: 'cat', patient: 'p1' }),
    'x/1.png': b,
    'x/1.json': json({ label: 'dog', width: 5 }),
    'x/1.txt': 'not asked',
    'x/2.png': c,
  };
  const { report, dataset } = await packUpload(await buildTarGz(shard));
  assert.deepEqual([report.format, report.classNames], ['webdataset', ['cat', 'dog']]);
  const train = dataset.split('train');
  assert.deepEqual([...train.labels], [0, 1, -1]);
  assert.equal((await train.readSources())[0]!.group, 'p1');
  const { report: asked } = await packUpload(await buildTarGz({ 'x/1.png': b, 'x/1.json': shard['x/1.json'] }), {
    options: { columns: { label: 'width' } },
  });
  assert.deepEqual(asked.classNames, ['5']);
});

test('texts are classes where they are short and few, captions otherwise', async () => {
  const names = { '0.png': a, '0.txt': 'cat', '1.png': b, '1.txt': 'dog' };
  assert.deepEqual((await packUpload(await buildTar(names))).report.classNames, ['cat', 'dog']);
  const captions = { ...names, '2.png': c, '2.txt': 'a long-haired cat that sleeps on a sofa in the evening sun' };
  const { report } = await packUpload(await buildTar(captions));
  assert.equal(report.splits.train!.labelled, 0);
  assert.deepEqual(issuesOf(report), [
    ['captions-not-labels', null],
    ['no-labels', null],
  ]);
});

test('samples that cannot be used are left out and named', async () => {
  const shard = await buildTar({
    '0.png': a,
    '0.cls': '0',
    '1.cls': '1',
    '2.png': b,
    '2.json': '{"label":',
    '3.png': c,
    '3.cls': Buffer.from([0xff, 0xfe, 0xfd]),
    '4.png': 'no image',
    '4.cls': '0',
    '5.seg.png': d,
    'notes.md': 'passed over',
  });
  const { report } = await packUpload(await buildZip({ 'shard-0.tar': shard }));
  assert.deepEqual(report.splits.train, { examples: 1, labelled: 1, classes: { 0: 1 } });
  assert.deepEqual(issuesOf(report), [
    ['image-missing', 'shard-0.tar/1.cls'],
    ['label-unreadable', 'shard-0.tar/2.json'],
    ['label-unreadable', 'shard-0.tar/3.cls'],
    ['not-an-image', 'shard-0.tar/4.png'],
  ]);
});

test('a shard that is cut short, or leads out of its folder, is refused', async () => {
  const cut = (await buildTar({ '0.png': Buffer.alloc(4000), '0.cls': '0' })).subarray(0, 2048);
  await assert.rejects(packUpload(await buildZip({ 'shard.tar': cut })), {
    code: 'dataInvalid',
    message: /damaged or incomplete/,
  });
  const hostile = await buildTar({ '../0.png': a, '../0.cls': '0' });
  await assert.rejects(packUpload(await buildZip({ 'shard.tar': hostile })), { code: 'archiveUnsafe', message: /leads upwards/ });
});

test('class folders with a document beside an image stay an image folder', async () => {
  const { report } = await packUpload(await buildZip({ 'cat/1.png': a, 'cat/1.txt': 'x', 'dog/1.png': b, 'dog/1.json': '{}' }));
  assert.deepEqual([report.format, report.classNames], ['image-folder', ['cat', 'dog']]);
});
