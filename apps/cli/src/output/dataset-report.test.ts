import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dataset } from '@scion/schema';
import { renderDataset } from './dataset-report.ts';

const dataset: Dataset = {
  id: 'ds_01k9m3v5t8x2r4w6y0abcdefgh',
  project: 'default',
  owner: null,
  name: 'insects',
  state: 'ready',
  format: 'image-folder',
  modality: 'image',
  classNames: ['ants', 'bees'],
  splits: {
    train: { examples: 245, labelled: 245, classes: { ants: 124, bees: 121 } },
    val: { examples: 153, labelled: 153, classes: { ants: 70, bees: 83 } },
  },
  example: { shape: [null, null, 3] },
  statistics: {
    images: {
      train: { height: { min: 130, median: 375, max: 1984 }, width: { min: 500, median: 500, max: 500 }, grey: 0, colour: 245 },
      val: { height: { min: 199, median: 375, max: 1944 }, width: { min: 500, median: 500, max: 500 }, grey: 1, colour: 152 },
    },
    duplicates: { exact: 2, near: 1, acrossSplits: 3 },
    skipped: 4,
    issues: { duplicate: 151, 'image-corrupt': 1 },
  },
  issues: [
    { code: 'duplicate', severity: 'info', split: 'train', path: 'a.jpg', row: null, message: 'It is there twice' },
    { code: 'image-corrupt', severity: 'warning', split: 'train', path: 'table.csv', row: 7, message: 'It is cut short' },
  ],
  sha256: null,
  sizeBytes: 1,
  source: { type: 'upload' },
  split: null,
  options: { policy: 'skip', columns: {} },
  fileName: 'insects.zip',
  error: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
};

test('a data set is told in tables: splits, classes, duplicates, and issues with the worst first', () => {
  assert.deepEqual(renderDataset(dataset), [
    'ds_01k9m3v5t8x2r4w6y0abcdefgh  insects  ready',
    'format image-folder, images any×any×3',
    '',
    'split  examples  labelled  a class     height             width  grey',
    'train       245       245  121 to 124  130 … 375 … 1,984    500     0',
    'val         153       153  70 to 83    199 … 375 … 1,944    500     1',
    '',
    '2 classes  train  val',
    'ants         124   70',
    'bees         121   83',
    '',
    'duplicates: 2 exact, 1 near, of these 3 across splits',
    'left out: 4',
    '',
    '152 issues:',
    'severity  code           where            what',
    'warning   image-corrupt  table.csv row 7  It is cut short',
    'info      duplicate      a.jpg            It is there twice',
    '… and 150 more (--json lists 100 of each code)',
  ]);
});

test('a data set that cannot be used says why, and no more than there is', () => {
  const invalid: Dataset = {
    ...dataset,
    state: 'invalid',
    splits: {},
    classNames: [],
    example: null,
    statistics: null,
    issues: [],
    error: { code: 'dataInvalid', message: 'There is no usable example in it' },
  };
  assert.deepEqual(renderDataset(invalid).slice(2), ['error  dataInvalid: There is no usable example in it']);
});
