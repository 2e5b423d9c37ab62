import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DatasetReport, MakeSplits } from '@scion/schema';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { buildZip } from '../testkit/build-archive.ts';
import { gradient, png } from '../testkit/build-image.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packTexts, packUpload } = await createPackingPlace();

const csv = [
  'text,category',
  'Where is my card?,card_arrival',
  '"My card, it is ""lost""\nsince Monday",lost_card',
  '"  Top-up – 10 €\n",top_up',
  'Wo ist meine Karte?,',
].join('\n');

test('a table with texts and classes keeps both, to the letter', async () => {
  const { report, dataset } = await packTexts(Buffer.from(csv), { fileName: 'train.csv' });
  DatasetReport.parse(report);
  assert.deepEqual([report.format, report.modality, report.example.shape, report.labels], ['table', 'text', [null], ['class']]);
  assert.deepEqual(report.classNames, ['card_arrival', 'lost_card', 'top_up']);
  assert.deepEqual(report.splits, {
    train: { examples: 4, labelled: 3, classes: { card_arrival: 1, lost_card: 1, top_up: 1 } },
  });
  const train = dataset.split('train');
  assert.deepEqual([...train.labels], [0, 1, 2, -1]);
  assert.deepEqual(await train.read([2, 1, 1]), [
    '  Top-up – 10 €\n',
    'My card, it is "lost"\nsince Monday',
    'My card, it is "lost"\nsince Monday',
  ]);
  assert.deepEqual((await train.readSources())[3], { path: 'train.csv', row: 3 });
  await assert.rejects(train.read([4]), RangeError);
});

test('JSONL, TSV, gzip and Parquet give the same as CSV', async () => {
  const rows = [
    { sentence: 'good film', label: 'positive' },
    { sentence: 'no good', label: 'negative' },
  ];
  const parquet = parquetWriteBuffer({
    columnData: [
      { name: 'sentence', data: rows.map(({ sentence }) => sentence), type: 'STRING' },
      { name: 'label', data: rows.map(({ label }) => label), type: 'STRING' },
    ],
  });
  const uploads: Record<string, Uint8Array> = {
    'reviews.jsonl': Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n')),
    'reviews.tsv': Buffer.from(`label\tsentence\n${rows.map(({ label, sentence }) => `${label}\t${sentence}`).join('\n')}`),
    'reviews.csv.gz': gzipSync(`sentence,label\n${rows.map(({ label, sentence }) => `${sentence},${label}`).join('\n')}`),
    'reviews.parquet': new Uint8Array(parquet),
  };
  for (const [fileName, bytes] of Object.entries(uploads)) {
    const { report, dataset } = await packTexts(bytes, { fileName });
    assert.deepEqual([report.classNames, report.issues], [['negative', 'positive'], []], fileName);
    assert.deepEqual(await dataset.split('train').read([0, 1]), ['good film', 'no good'], fileName);
  }
});

test('the column of texts is guessed by name, else by its words, or given', async () => {
  const spam = Buffer.from('v1,v2,v3\nham,see you at ten,x1\nspam,WIN a prize now,x2\nham,thank you,x3\n');
  const guessed = await packTexts(spam, { fileName: 'spam.csv', options: { columns: { label: 'v1' } } });
  assert.deepEqual(await guessed.dataset.split('train').read([1]), ['WIN a prize now']);
  assert.deepEqual(guessed.report.classNames, ['ham', 'spam']);
  const given = await packTexts(spam, { fileName: 'spam.csv', options: { columns: { text: 'v3', label: 'v1' } } });
  assert.deepEqual(await given.dataset.split('train').read([1]), ['x2']);
  await assert.rejects(packTexts(spam, { fileName: 'spam.csv', options: { columns: { text: 'v4' } } }), {
    code: 'dataInvalid',
    message: 'spam.csv: There is no column "v4". There are v1, v2, v3',
  });
});

test('texts beside images are taken where they are asked for', async () => {
  const image = await png(gradient(4, 4));
  const upload = await buildZip({ '1.png': image, 'captions.csv': 'file,caption,class\n1.png,a grey cat,cat\n' });
  assert.equal((await packUpload(upload)).report.modality, 'image');
  const { report, dataset } = await packTexts(upload, { options: { columns: { text: 'caption' } } });
  assert.deepEqual([report.modality, report.classNames], ['text', ['cat']]);
  assert.deepEqual(await dataset.split('train').read([0]), ['a grey cat']);
});

test('lengths are counted in characters, for each split', async () => {
  const rows = Array.from({ length: 100 }, (_, i) => `${'é🐈'.repeat(1)}${'x'.repeat(i)},a`);
  const { report } = await packTexts(
    await buildZip({ 'train.csv': `text,label\n${rows.join('\n')}\n`, 'test.csv': 'text,label\nhello,a\n' }),
  );
  assert.deepEqual(report.statistics?.texts, {
    train: { characters: { min: 2, median: 51, max: 101, p95: 96 } },
    test: { characters: { min: 5, median: 5, max: 5, p95: 5 } },
  });
});

test('copies are found, also those that differ in case and white space, within splits and across', async () => {
  const { report } = await packTexts(
    await buildZip({
      'train.csv': 'text,label\nwhere is it?,a\nother,a\nWhere  is it?,b\nother,a\n',
      'test.csv': 'text,label\n OTHER ,a\nwhere is it?,a\n',
    }),
  );
  assert.deepEqual(report.statistics?.duplicates, { exact: 2, near: 2, acrossSplits: 2 });
  const found = report.issues.filter(({ code }) => code.includes('duplicate')).map(({ code, split, row }) => [code, split, row]);
  assert.deepEqual(found, [
    ['duplicate', 'train', 3],
    ['duplicate-across-splits', 'test', 1],
    ['near-duplicate-labels-differ', 'train', 2],
    ['near-duplicate-across-splits', 'test', 0],
  ]);
});

test('empty texts and rows that are not UTF-8 are left out and reported by row', async () => {
  const rows = Buffer.concat([Buffer.from('text,label\nfine,a\n"  ",a\n,b\n'), Buffer.from('caf\xe9,b\nfine too,b\n', 'latin1')]);
  const { report } = await packTexts(rows, { fileName: 'x.csv' });
  assert.equal(report.splits.train!.examples, 2);
  assert.deepEqual(
    report.issues.filter(({ severity }) => severity === 'warning').map(({ code, path, row }) => [code, path, row]),
    [
      ['row-not-utf8', 'x.csv', 3],
      ['text-empty', 'x.csv', 1],
      ['text-empty', 'x.csv', 2],
    ],
  );
  await assert.rejects(packTexts(rows, { fileName: 'x.csv', options: { policy: 'fail' } }), { code: 'dataInvalid' });
});

test('texts are divided like images, each class in its shares', async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `text number ${i},${i % 2 ? 'odd' : 'even'}`);
  const { report, dataset } = await packTexts(Buffer.from(`text,label\n${rows.join('\n')}`), {
    fileName: 'x.csv',
    split: MakeSplits.parse({ train: 0.8, test: 0.2 }),
  });
  assert.deepEqual(report.splits.test!.classes, { even: 4, odd: 4 });
  const [first] = await dataset.split('test').readSources();
  assert.deepEqual(await dataset.split('test').read([0]), [`text number ${first!.row}`]);
});

test('images are not read out of a data set of texts', async () => {
  await assert.rejects(packUpload(Buffer.from(csv), { fileName: 'train.csv' }), {
    code: 'specInvalid',
    message: 'The data set holds texts, but images are needed',
  });
});
