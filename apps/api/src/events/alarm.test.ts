import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAlarm } from './alarm.ts';

const never = new AbortController().signal;

test('a ring wakes the sleeper', async () => {
  const alarm = createAlarm();
  const sleep = alarm.sleep(60_000, never);
  alarm.ring();
  assert.equal(await sleep, true);
});

test('a ring before the sleep counts once', async () => {
  const alarm = createAlarm();
  alarm.ring();
  alarm.ring();
  assert.equal(await alarm.sleep(60_000, never), true);
  assert.equal(await alarm.sleep(1, never), false);
});

test('an aborted signal ends the sleep, now and later', async () => {
  const stop = new AbortController();
  const alarm = createAlarm();
  const sleep = alarm.sleep(60_000, stop.signal);
  stop.abort();
  assert.equal(await sleep, false);
  assert.equal(await alarm.sleep(60_000, stop.signal), false);
});
