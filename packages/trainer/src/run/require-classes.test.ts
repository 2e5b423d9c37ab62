import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DatasetReport, LabelKind } from '@scion/schema';
import { requireClasses } from './require-classes.ts';

function report(labels?: LabelKind[]): DatasetReport {
  const none = { exact: 0, near: 0, acrossSplits: 0 };
  return {
    format: 'table',
    modality: 'image',
    classNames: [],
    splits: {},
    example: { shape: [8, 8, 3] },
    ...(labels && { labels }),
    statistics: { images: {}, duplicates: none, skipped: 0, issues: {} },
    issues: [],
    sha256: '',
  };
}

test('a data set with one class for each example is taken, and one without labels, of which others tell', () => {
  for (const labels of [['class'], ['class', 'mask'], undefined] as const) requireClasses(report(labels && [...labels]));
});

const refused: [LabelKind[], RegExp][] = [
  [['classes'], /labelled with sets of classes, but the method needs one class for each/],
  [['number'], /labelled with numbers,/],
  [['classes', 'mask'], /labelled with sets of classes and masks,/],
];
for (const [labels, message] of refused) {
  test(`a data set labelled with ${labels.join(' and ')} is refused, saying so`, () => {
    assert.throws(() => requireClasses(report(labels)), { code: 'specInvalid', message });
  });
}
