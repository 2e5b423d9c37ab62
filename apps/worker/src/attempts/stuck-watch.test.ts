import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longestSilenceMs, watchForStuck } from './stuck-watch.ts';

const rule = { factor: 10, floorMs: 60_000, startMs: 900_000 };

test('the first steps have the time to start, later ones a multiple of the median, and the floor at least', () => {
  assert.equal(longestSilenceMs([], rule), 900_000);
  assert.equal(longestSilenceMs([1000, 1000], rule), 900_000);
  assert.equal(longestSilenceMs([1000, 1000, 1000], rule), 60_000);
  assert.equal(longestSilenceMs([20_000, 10_000, 500_000], rule), 200_000, 'one long step counts for little');
});

test('silence is told once, and progress ends it', (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  t.mock.timers.enable({ apis: ['setInterval'] });
  const pass = (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      now += 1000;
      t.mock.timers.tick(1000);
    }
  };
  const told: number[] = [];
  const watch = watchForStuck({ rule: { ...rule, startMs: 10_000 }, onStuck: (seconds) => told.push(seconds) });
  pass(9);
  watch.progressed();
  pass(10);
  assert.deepEqual(told, []);
  pass(20);
  assert.deepEqual(told, [11]);
});

test('while this process is stopped too, no silence adds up', (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  t.mock.timers.enable({ apis: ['setInterval'] });
  const told: number[] = [];
  watchForStuck({ rule: { ...rule, startMs: 10_000 }, onStuck: (seconds) => told.push(seconds) });
  now += 3_600_000;
  t.mock.timers.tick(1000);
  assert.deepEqual(told, []);
});
