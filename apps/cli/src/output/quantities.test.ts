import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAge, formatBytes, formatCount, formatNumber, formatSeconds, formatShare } from './quantities.ts';

test('quantities read as people write them', () => {
  assert.equal(formatCount(12345.6), '12,346');
  assert.equal(formatShare(0.9714), '97.1 %');
  assert.equal(formatNumber(0.000123456), '0.0001235');
  assert.deepEqual([0.4, 59.4, 60, 200, 7500].map(formatSeconds), ['0 s', '59 s', '1 min', '3 min 20 s', '2 h 5 min']);
  assert.deepEqual([12, 1500, 123_456, 9_876_543_210].map(formatBytes), ['12 B', '1.5 kB', '123 kB', '9.9 GB']);
});

test('ages are relative until they are better told by a date', () => {
  const nowMs = Date.parse('2026-01-10T12:00:00Z');
  assert.equal(formatAge('2026-01-10T11:59:48Z', nowMs), '12 s ago');
  assert.equal(formatAge('2026-01-01T00:00:00Z', nowMs), '2026-01-01');
});
