import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderTable } from './table.ts';

test('words stand to the left, numbers and shares to the right', () => {
  const lines = renderTable(
    ['name', 'count', 'share'],
    [
      ['a', '1,000', '9.5 %'],
      ['longer', '7', '97.1 %'],
    ],
  );
  assert.deepEqual(lines, ['name    count   share', 'a       1,000   9.5 %', 'longer      7  97.1 %']);
});
