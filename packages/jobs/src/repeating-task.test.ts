import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRepeatingTask } from './repeating-task.ts';

const onError = (error: unknown) => {
  throw error;
};

test('runs at once and after each interval, until it is stopped', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let runs = 0;
  const task = startRepeatingTask({ run: async () => runs++, everyMs: 1000, onError });
  assert.equal(runs, 1);
  await new Promise(setImmediate);
  t.mock.timers.tick(999);
  assert.equal(runs, 1);
  t.mock.timers.tick(1);
  assert.equal(runs, 2);
  await task.stop();
  t.mock.timers.tick(10_000);
  assert.equal(runs, 2);
});

test('many nudges during a run are one more run after it, which a nudge does not overlap', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let runs = 0;
  let finish = () => {};
  const run = () => {
    runs += 1;
    return new Promise<void>((resolve) => {
      finish = resolve;
    });
  };
  const task = startRepeatingTask({ run, everyMs: 100_000, minGapMs: 50, onError });
  for (let i = 0; i < 5; i++) task.nudge();
  assert.equal(runs, 1);
  finish();
  await new Promise(setImmediate);
  t.mock.timers.tick(49);
  assert.equal(runs, 1);
  t.mock.timers.tick(1);
  assert.equal(runs, 2);
  finish();
  await task.stop();
});

test('an error is told, and the task goes on', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const errors: unknown[] = [];
  let runs = 0;
  const run = async () => {
    runs += 1;
    if (runs === 1) throw new Error('once');
  };
  const task = startRepeatingTask({ run, everyMs: 10, onError: (error) => errors.push(error) });
  await new Promise(setImmediate);
  t.mock.timers.tick(10);
  assert.equal(runs, 2);
  assert.equal(errors.length, 1);
  await task.stop();
});
