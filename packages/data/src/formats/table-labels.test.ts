import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DatasetReport, datasetFiles, PreviewFile } from '@scion/schema';
import { parse } from 'csv-parse/sync';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { writePreview } from '../preview/write-preview.ts';
import { buildZip } from '../testkit/build-archive.ts';
import { gradient, png } from '../testkit/build-image.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packTexts, packUpload } = await createPackingPlace();

async function images(count: number): Promise<Record<string, Buffer>> {
  return Object.fromEntries(
    await Promise.all(Array.from({ length: count }, async (_, i) => [`${i}.png`, await png(gradient(4, 4, i))] as const)),
  );
}

test('several labels between bars make sets of classes', async () => {
  const csv = 'image,labels\n0.png,cat|dog\n1.png, dog \n2.png,\n3.png,bird|cat|cat|\n';
  const { report, dataset } = await packUpload(await buildZip({ ...(await images(4)), 'x.csv': csv }));
  DatasetReport.parse(report);
  assert.deepEqual([report.labels, report.classNames], [['classes'], ['bird', 'cat', 'dog']]);
  assert.deepEqual(report.splits.train, { examples: 4, labelled: 3, classes: { bird: 1, cat: 2, dog: 2 } });
  const { labelSets, labels } = dataset.split('train');
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => [...labelSets!(i)]),
    [[1, 2], [2], [], [0, 1]],
  );
  assert.deepEqual([...labels], [-1, -1, -1, -1]);
});

test('JSON lists do so too, in CSV, JSONL and Parquet, with or without classes of their own', async () => {
  const rows = [
    { text: 'one or the other', label: ['joy', 'love'] },
    { text: 'only one of them', label: ['joy'] },
    { text: 'none at all', label: [] },
  ];
  const features = { text: {}, label: { _type: 'Sequence', feature: { _type: 'ClassLabel', names: ['love', 'joy'] } } };
  const parquet = parquetWriteBuffer({
    columnData: [
      { name: 'text', data: rows.map(({ text }) => text) },
      { name: 'label', data: rows.map(({ label }) => label.map((name) => ['love', 'joy'].indexOf(name))) },
    ],
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      { name: 'label', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'INT32', repetition_type: 'OPTIONAL' },
    ],
    kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
  });
  const csv = rows.map(({ text, label }) => `${text},"${JSON.stringify(label).replaceAll('"', '""')}"`).join('\n');
  const uploads: [string, Uint8Array, string[]][] = [
    ['x.jsonl', Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n')), ['joy', 'love']],
    ['x.csv', Buffer.from(`text,label\n${csv}`), ['joy', 'love']],
    ['x.parquet', new Uint8Array(parquet), ['love', 'joy']],
  ];
  for (const [fileName, bytes, classNames] of uploads) {
    const { report, dataset } = await packTexts(bytes, { fileName });
    assert.deepEqual([report.labels, report.classNames, report.issues], [['classes'], classNames, []], fileName);
    const { labelSets } = dataset.split('train');
    const names = [0, 1, 2].map((i) => Array.from(labelSets!(i), (label) => classNames[label]).sort());
    assert.deepEqual(names, [['joy', 'love'], ['joy'], []], fileName);
  }
});

test('a column of numbers to predict is packed as such, where it is asked for', async () => {
  const csv = 'image,age,split\n0.png,31.5,train\n1.png,-2,train\n2.png,,train\n3.png,1e2,test\n4.png,old,test\n';
  const { report, dataset } = await packUpload(await buildZip({ ...(await images(5)), 'x.csv': csv }), {
    options: { columns: { target: 'age' } },
  });
  assert.deepEqual([report.labels, report.classNames], [['number'], []]);
  assert.deepEqual(report.splits, {
    train: { examples: 3, labelled: 2, classes: {} },
    test: { examples: 1, labelled: 1, classes: {} },
  });
  assert.deepEqual(report.statistics?.numbers, {
    train: { min: -2, mean: 14.75, max: 31.5, deviation: 16.75 },
    test: { min: 100, mean: 100, max: 100, deviation: 0 },
  });
  assert.deepEqual([...dataset.split('train').targets!], [31.5, -2, Number.NaN]);
  assert.deepEqual(
    report.issues.map(({ code, path, row, message }) => [code, path, row, message]),
    [
      ['target-unreadable', 'x.csv', 4, '"old" is no number; left out'],
      ['not-in-table', null, null, '1 images of the upload are in no table; they were passed over'],
    ],
  );
  await assert.rejects(
    packUpload(await buildZip({ ...(await images(1)), 'x.csv': 'image\n0.png' }), { options: { columns: { target: 'age' } } }),
    {
      code: 'dataInvalid',
      message: /no column "age" for columns.target/,
    },
  );
});

test('preview and list of splits show sets and numbers', async () => {
  const csv = 'image,labels,weight\n0.png,cat|dog,1.5\n1.png,dog,\n';
  const { outDir } = await packUpload(await buildZip({ ...(await images(2)), 'x.csv': csv }), {
    options: { columns: { label: 'labels', target: 'weight' } },
  });
  await writePreview(outDir);
  const { splits } = PreviewFile.parse(JSON.parse(await readFile(join(outDir, datasetFiles.preview), 'utf8')));
  assert.deepEqual(splits[0]!.histogram, [
    { label: 'cat', examples: 1 },
    { label: 'dog', examples: 2 },
  ]);
  const shown = splits[0]!.examples.map(({ index, label, labels, target }) => [index, label, labels, target]);
  assert.deepEqual(shown.sort(), [
    [0, null, ['cat', 'dog'], 1.5],
    [1, null, ['dog'], undefined],
  ]);
  const rows = parse(await readFile(join(outDir, datasetFiles.splits), 'utf8')) as string[][];
  assert.deepEqual(
    rows.map((row) => row[4]),
    ['label', 'cat|dog', 'dog'],
  );
});
