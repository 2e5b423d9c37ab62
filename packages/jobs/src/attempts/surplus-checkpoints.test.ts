import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckpointPolicy } from '@scion/schema';
import { surplusOf } from './surplus-checkpoints.ts';

const policy = (changes: Partial<CheckpointPolicy>): CheckpointPolicy => ({
  everyEpochs: 1,
  everySteps: null,
  keep: 1,
  keepBest: null,
  keepEveryEpochs: null,
  ...changes,
});

/** One a epoch, newest first; accuracy is best at epoch 3, the loss at epoch 4. */
const accuracies = [0.1, 0.5, 0.9, 0.7, 0.6, 0.4];
const run = accuracies
  .map((accuracy, i) => ({
    id: `epoch ${i + 1}`,
    epoch: i + 1,
    metrics: { 'test/accuracy': accuracy, 'test/loss': Math.abs(i + 1 - 4) },
    isCorrupt: false,
    isNeeded: false,
  }))
  .reverse();

const keptOf = (checkpoints: typeof run, changes: Partial<CheckpointPolicy>) => {
  const surplus = new Set(surplusOf(checkpoints, policy(changes)).map(({ epoch }) => epoch));
  return checkpoints.map(({ epoch }) => epoch).filter((epoch) => !surplus.has(epoch));
};

test('the newest stay', () => {
  assert.deepEqual(keptOf(run, { keep: 2 }), [6, 5]);
  assert.deepEqual(keptOf(run, { keep: 100 }), [6, 5, 4, 3, 2, 1]);
});

test('so do the best by a metric, and those after every so many epochs', () => {
  assert.deepEqual(keptOf(run, { keepBest: { metric: 'test/accuracy', count: 2 } }), [6, 4, 3]);
  assert.deepEqual(keptOf(run, { keepBest: { metric: 'test/loss', count: 1 } }), [6, 4]);
  assert.deepEqual(keptOf(run, { keepBest: { metric: 'of no name', count: 1 } }), [6]);
  assert.deepEqual(keptOf(run, { keepEveryEpochs: 2 }), [6, 4, 2]);
  assert.deepEqual(keptOf(run, { keepBest: { metric: 'test/accuracy', count: 1 }, keepEveryEpochs: 5 }), [6, 5, 3]);
});

test('of equal values the newer one is better', () => {
  const equal = run.map((checkpoint) => ({ ...checkpoint, metrics: { ...checkpoint.metrics, 'test/accuracy': 1 } }));
  assert.deepEqual(keptOf(equal, { keepBest: { metric: 'test/accuracy', count: 2 } }), [6, 5]);
});

test('one that a job needs stays', () => {
  const needed = run.map((checkpoint) => ({ ...checkpoint, isNeeded: checkpoint.epoch === 1 }));
  assert.deepEqual(keptOf(needed, {}), [6, 1]);
});

test('the only good one stays, however many damaged ones are newer', () => {
  const damaged = (from: number) => run.map((checkpoint) => ({ ...checkpoint, isCorrupt: checkpoint.epoch >= from }));
  assert.deepEqual(keptOf(damaged(3), {}), [2]);
  assert.deepEqual(keptOf(damaged(1), {}), [6, 5, 4, 3, 2, 1], 'where none is good, all stay');
});
