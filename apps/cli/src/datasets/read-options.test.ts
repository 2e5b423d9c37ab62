import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOption, maskClassesOption } from './read-options.ts';

test('columns are given by role', () => {
  assert.deepEqual(columnsOption.parse('label=species, group=a=b'), { label: 'species', group: 'a=b' });
  for (const text of ['', 'species', 'lable=species', 'label=']) assert.ok(!columnsOption.safeParse(text).success, text);
});

test('classes of pixels are given in the order of their values', () => {
  assert.deepEqual(maskClassesOption.parse('sky, road,void'), ['sky', 'road', 'void']);
  assert.ok(!maskClassesOption.safeParse('sky,,void').success);
});
