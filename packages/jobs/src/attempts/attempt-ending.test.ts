import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '@scion/schema';
import { type AttemptEnd, decideEnding } from './attempt-ending.ts';

const onDivergence = { retries: 0, learningRateFactor: 0.5 };
const fresh = {
  stopRequested: null,
  deaths: 0,
  deathsInARow: 0,
  divergences: 0,
  spec: { maxRestarts: 3, onDivergence },
} as const;
const died: AttemptEnd = {
  outcome: { type: 'died', code: 'trainerCrashed', message: 'Signal SIGKILL.' },
  logTail: ['last line'],
};
const succeeded: AttemptEnd = {
  outcome: { type: 'succeeded', model: newId('model'), metrics: { 'test/accuracy': 1 } },
  logTail: [],
};

test('a success is final', () => {
  const { state, error } = decideEnding(fresh, succeeded);
  assert.deepEqual({ state, error }, { state: 'succeeded', error: null });
});

test('a death is retried, and counted', () => {
  const ending = decideEnding(fresh, died);
  assert.deepEqual([ending.state, ending.isDeath, ending.error], ['retrying', true, null]);
  assert.deepEqual(
    ending.events.map(({ type }) => type),
    ['attempt.lost', 'job.retrying'],
  );
});

test('the third death in a row is a crash loop, which keeps the last words of the trainer', () => {
  const { state, error } = decideEnding({ ...fresh, deaths: 2, deathsInARow: 2 }, died);
  assert.equal(state, 'failed');
  assert.equal(error?.code, 'crashLoop');
  assert.match(error?.message ?? '', /3 times in a row.*SIGKILL/);
  assert.deepEqual(error?.logTail, ['last line']);
});

test('deaths with checkpoints between them end the job only past maxRestarts, under their own code', () => {
  assert.equal(decideEnding({ ...fresh, deaths: 2, deathsInARow: 0 }, died).state, 'retrying');
  assert.equal(decideEnding({ ...fresh, deaths: 3, deathsInARow: 0 }, died).error?.code, 'trainerCrashed');
  assert.equal(decideEnding({ ...fresh, spec: { maxRestarts: 0, onDivergence } }, died).state, 'failed');
});

test('running out of memory twice in a row says what to do about it', () => {
  const end: AttemptEnd = { outcome: { type: 'died', code: 'outOfMemory', message: 'The heap is full.' }, logTail: [] };
  assert.equal(decideEnding(fresh, end).state, 'retrying');
  const { error } = decideEnding({ ...fresh, deaths: 1, deathsInARow: 1 }, end);
  assert.equal(error?.code, 'outOfMemory');
  assert.match(error?.message ?? '', /batchSize/);
});

test('a failure that no retry can mend is final at once; one that may pass counts as a death', () => {
  const failure = (code: string): AttemptEnd => ({ outcome: { type: 'failed', code, message: 'No.' }, logTail: [] });
  const final = decideEnding(fresh, failure('diverged'));
  assert.deepEqual([final.state, final.isDeath, final.error?.code, final.error?.retriable], ['failed', false, 'diverged', false]);
  assert.equal(decideEnding(fresh, failure('insufficientStorage')).state, 'retrying');
  assert.equal(decideEnding(fresh, failure('a code of no catalogue')).state, 'failed');
});

test('a hand-back is retried and not held against the job', () => {
  const ending = decideEnding(
    { ...fresh, deaths: 3, deathsInARow: 2 },
    { outcome: { type: 'stopped', reason: 'drain' }, logTail: [] },
  );
  assert.deepEqual([ending.state, ending.isDeath], ['retrying', false]);
});

test('after a cancel was acknowledged, every end is a cancel', () => {
  const job = { ...fresh, stopRequested: 'cancel' } as const;
  for (const end of [died, succeeded, { outcome: { type: 'stopped', reason: 'drain' }, logTail: [] }] satisfies AttemptEnd[]) {
    assert.equal(decideEnding(job, end).state, 'cancelled');
  }
});

test('a job that succeeds as its deadline passes has succeeded; one that is stopped for it has failed', () => {
  const job = { ...fresh, stopRequested: 'deadline' } as const;
  assert.equal(decideEnding(job, succeeded).state, 'succeeded');
  const { state, error } = decideEnding(job, { outcome: { type: 'stopped', reason: 'cancel' }, logTail: [] });
  assert.deepEqual([state, error?.code], ['failed', 'deadlineExceeded']);
});

test('each death in a row doubles the wait for the next try, up to a minute', () => {
  const waits = [0, 1, 5, 20].map((deathsInARow) => {
    const end: AttemptEnd = { outcome: { type: 'died', code: 'leaseLost', message: 'Lost.' }, logTail: [] };
    return decideEnding({ ...fresh, deathsInARow }, end).backOffMs;
  });
  assert.deepEqual(waits, [1000, 2000, 0, 0]); // The last two are a crash loop
  const spaced = decideEnding({ ...fresh, deaths: 2 }, died);
  assert.equal(spaced.backOffMs, 1000);
});

test('a trainer that is stuck time after time fails under that code', () => {
  const stuck: AttemptEnd = { outcome: { type: 'died', code: 'stuck', message: 'It made no step for 120 s.' }, logTail: [] };
  assert.equal(decideEnding(fresh, stuck).state, 'retrying');
  const { state, error } = decideEnding({ ...fresh, deaths: 2, deathsInARow: 2 }, stuck);
  assert.deepEqual([state, error?.code], ['failed', 'stuck']);
});

test('a loss that is no number is tried again at a lower rate as often as the job allows, and no death', () => {
  const diverged: AttemptEnd = { outcome: { type: 'failed', code: 'diverged', message: 'NaN at step 7' }, logTail: [] };
  const job = { ...fresh, spec: { maxRestarts: 0, onDivergence: { retries: 2, learningRateFactor: 0.1 } } };
  const ending = decideEnding(job, diverged);
  assert.deepEqual([ending.state, ending.isDeath, ending.lowersRate, ending.backOffMs], ['retrying', false, true, 0]);
  assert.match(
    ending.events[0]?.message ?? '',
    /^NaN at step 7\. Try 1 of at most 2, with the learning rate multiplied by 0\.1$/,
  );
  const last = decideEnding({ ...job, divergences: 2 }, diverged);
  assert.deepEqual([last.state, last.error?.code], ['failed', 'diverged']);
});

test('a job that is to be paused is paused by whatever would have it wait, and by nothing else', () => {
  const job = { ...fresh, stopRequested: 'pause' } as const;
  for (const end of [died, { outcome: { type: 'stopped', reason: 'drain' }, logTail: [] }] satisfies AttemptEnd[]) {
    const { state, backOffMs } = decideEnding(job, end);
    assert.deepEqual([state, backOffMs], ['paused', 0]);
  }
  assert.equal(decideEnding(job, succeeded).state, 'succeeded');
  assert.equal(decideEnding({ ...job, deathsInARow: 2 }, died).state, 'failed');
});
