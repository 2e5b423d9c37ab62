import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secondsUntilStart } from './queue-forecast.ts';

test('with a free slot the next job starts at once', () => {
  assert.equal(secondsUntilStart(1, { slots: 1, runningSeconds: [], meanSeconds: null }), 0);
  assert.equal(secondsUntilStart(2, { slots: 2, runningSeconds: [], meanSeconds: null }), 0);
});

test('the first in line waits for the running job, the next ones for those before them too', () => {
  const capacity = { slots: 1, runningSeconds: [30], meanSeconds: 100 };
  assert.equal(secondsUntilStart(1, capacity), 30);
  assert.equal(secondsUntilStart(3, capacity), 230);
});

test('several slots share the line', () => {
  const capacity = { slots: 2, runningSeconds: [10, 50], meanSeconds: 100 };
  assert.deepEqual(
    [1, 2, 3, 4].map((position) => secondsUntilStart(position, capacity)),
    [10, 50, 110, 150],
  );
});

test('a running job that does not know its end takes the mean', () => {
  assert.equal(secondsUntilStart(1, { slots: 1, runningSeconds: [null], meanSeconds: 60 }), 60);
});

test('without workers, or without a job to go by, nothing is promised', () => {
  assert.equal(secondsUntilStart(1, { slots: 0, runningSeconds: [], meanSeconds: 60 }), null);
  assert.equal(secondsUntilStart(1, { slots: 1, runningSeconds: [null], meanSeconds: null }), null);
  assert.equal(secondsUntilStart(2, { slots: 1, runningSeconds: [5], meanSeconds: null }), null);
});
