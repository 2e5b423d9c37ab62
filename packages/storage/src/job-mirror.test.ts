import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { artifactKeys, Job, newId } from '@scion/schema';
import { openFileSystemStore } from './file-system-store.ts';
import { mirrorJobMetrics, mirrorJobStatus } from './job-mirror.ts';

const root = await mkdtemp(join(tmpdir(), 'scion-mirror-'));
after(() => rm(root, { recursive: true, force: true }));
const store = await openFileSystemStore(root);

const job = Job.parse({
  id: newId('job'),
  project: 'default',
  owner: null,
  kind: 'pretrain',
  name: 'digits',
  state: 'running',
  spec: {
    kind: 'pretrain',
    name: 'digits',
    dataset: { id: newId('dataset'), split: 'train' },
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
  progress: { epoch: 0, epochs: 2, step: 3, steps: 8, fraction: 0.375, etaSeconds: 5, imagesPerSecond: 10 },
  metrics: { latest: {}, best: {} },
  result: null,
  error: null,
  queue: null,
  stopRequested: null,
  nextTryAt: null,
  tags: [],
  priority: 0,
  createdAt: '2026-01-01T00:00:00.000Z',
  startedAt: null,
  finishedAt: null,
  updatedAt: '2026-01-01T00:00:00.000Z',
});

async function read(key: string): Promise<string> {
  return Buffer.from((await store.get(key)) ?? '').toString();
}

test('status.json is the job, replaced as a whole', async () => {
  await mirrorJobStatus(store, job);
  await mirrorJobStatus(store, { ...job, state: 'succeeded' });
  assert.deepEqual(Job.parse(JSON.parse(await read(artifactKeys.jobStatus(job.id)))), { ...job, state: 'succeeded' });
});

test('metrics.jsonl gets one line for each step', async () => {
  await mirrorJobMetrics(store, job.id, [
    { step: 1, name: 'train/loss', value: 2.5 },
    { step: 1, name: 'train/accuracy', value: 0.25 },
    { step: 2, name: 'train/loss', value: 2 },
  ]);
  await mirrorJobMetrics(store, job.id, [{ step: 3, name: 'train/loss', value: 1 }]);
  const lines = (await read(artifactKeys.jobMetrics(job.id)))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ step, values }) => ({ step, values })),
    [
      { step: 1, values: { 'train/loss': 2.5, 'train/accuracy': 0.25 } },
      { step: 2, values: { 'train/loss': 2 } },
      { step: 3, values: { 'train/loss': 1 } },
    ],
  );
  for (const { at } of lines) assert.equal(new Date(at).toISOString(), at);
});
