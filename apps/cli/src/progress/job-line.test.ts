import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Job, newId } from '@scion/schema';
import { accuracyOf, renderBar, renderJobLine } from './job-line.ts';

test('a running job shows epoch, loss, accuracy, speed and remaining time, within the width', () => {
  const line = renderJobLine(job({ state: 'running' }), { label: 'pretrain', columns: 120 });
  assert.match(line, /^pretrain {2}━+─+ {2}epoch 2\/8 {2}loss 0\.123 {2}acc 91\.0 % {2}5,120 img\/s {2}ETA 1 min 15 s$/);
  assert.match(
    renderJobLine(job({ state: 'running' }), { label: 'from scratch', columns: 80 }),
    /━/,
    'a usual terminal has a bar',
  );
  for (const columns of [20, 60, 80]) assert.ok(renderJobLine(job({ state: 'running' }), { columns }).length <= columns);
});

test('a job that does not run says why', () => {
  const queue = { position: 2, expectedStartAt: null };
  assert.match(renderJobLine(job({ state: 'queued', queue }), { columns: 80 }), /queued, number 2 in line/);
  assert.match(renderJobLine(job({ state: 'blocked' }), { columns: 80 }), /waits for the job that it depends on/);
  const error = { code: 'diverged', message: 'The loss is no longer finite', retriable: false, logTail: [] };
  assert.match(renderJobLine(job({ state: 'failed', error }), { columns: 80 }), /failed: The loss is no longer finite/);
});

test('accuracy on held-out data goes before that of training', () => {
  assert.equal(accuracyOf({ 'train/accuracy': 0.9, 'test/accuracy': 0.8 }), 0.8);
  assert.equal(accuracyOf({ 'train/accuracy': 0.9 }), 0.9);
  assert.equal(accuracyOf({ 'train/loss': 1 }), null);
});

test('a bar is full exactly when all is done', () => {
  assert.equal(renderBar(0, 4), '────');
  assert.equal(renderBar(0.5, 4), '━━──');
  assert.equal(renderBar(1, 4), '━━━━');
});

function job(changes: Partial<Job>): Job {
  const at = '2026-01-01T00:00:00.000Z';
  return Job.parse({
    id: newId('job'),
    project: 'default',
    owner: null,
    kind: 'pretrain',
    name: 'a job',
    spec: {
      kind: 'pretrain',
      name: 'a job',
      dataset: { id: newId('dataset') },
      method: { type: 'supervised' },
      evaluate: null,
      checkpoint: {},
      tags: [],
      priority: 0,
      dependsOn: [],
      maxRestarts: 3,
      onDivergence: { retries: 0, learningRateFactor: 0.5 },
      deadlineMinutes: null,
    },
    attempt: 1,
    progress: { epoch: 2.5, epochs: 8, step: 25, steps: 80, fraction: 0.3, etaSeconds: 75, imagesPerSecond: 5120 },
    metrics: { latest: { 'train/loss': 0.12345, 'train/accuracy': 0.95, 'test/accuracy': 0.91 }, best: {} },
    result: null,
    error: null,
    queue: null,
    stopRequested: null,
    nextTryAt: null,
    tags: [],
    priority: 0,
    createdAt: at,
    startedAt: at,
    finishedAt: null,
    updatedAt: at,
    ...changes,
  });
}
