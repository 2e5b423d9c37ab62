import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTar } from '../testkit/build-archive.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packTexts } = await createPackingPlace();

test('texts in class folders inside splits, as reviews are published', async () => {
  const { report, dataset } = await packTexts(
    await buildTar({
      'aclImdb/README': 'about',
      'aclImdb/train/pos/0_9.txt': 'A fine film.',
      'aclImdb/train/neg/0_2.txt': '\uFEFFDull.\r\n',
      'aclImdb/train/unsup/0_0.txt': 'Who knows?',
      'aclImdb/test/pos/0_7.txt': 'Good.',
    }),
  );
  assert.deepEqual([report.format, report.modality], ['text-folder', 'text']);
  assert.deepEqual(report.classNames, ['neg', 'pos', 'unsup']);
  assert.deepEqual(report.splits.test, { examples: 1, labelled: 1, classes: { neg: 0, pos: 1, unsup: 0 } });
  const train = dataset.split('train');
  assert.deepEqual(await train.read([0, 1]), ['Dull.\r\n', 'A fine film.']);
  assert.deepEqual((await train.readSources())[0], { path: 'aclImdb/train/neg/0_2.txt', row: null });
});

test('a file that is empty or not UTF-8 is left out by name', async () => {
  const { report } = await packTexts(
    await buildTar({ 'a/1.txt': 'one', 'a/2.txt': '\n', 'b/3.txt': Buffer.from('caf\xe9', 'latin1'), 'b/4.txt': 'four' }),
  );
  assert.deepEqual(report.splits.train!.classes, { a: 1, b: 1 });
  assert.deepEqual(
    report.issues.map(({ code, path }) => [code, path]),
    [
      ['text-empty', 'a/2.txt'],
      ['text-not-utf8', 'b/3.txt'],
    ],
  );
});

test('texts without folders are unlabelled, or take labels and groups from their names', async () => {
  const upload = await buildTar({ 'spam-ann-1.txt': 'a', 'ham-bob-2.txt': 'b' });
  assert.deepEqual((await packTexts(upload)).report.splits.train, { examples: 2, labelled: 0, classes: {} });
  const { report, dataset } = await packTexts(upload, { options: { namePattern: '{label}-{group}-*' } });
  assert.deepEqual(report.splits.train!.classes, { ham: 1, spam: 1 });
  assert.deepEqual(
    (await dataset.split('train').readSources()).map(({ group }) => group),
    ['bob', 'ann'],
  );
});
