import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import type { TrainerReport, TrainRun } from '@scion/schema';
import { type ArtifactStore, openArtifactStore } from '@scion/storage';
import { type S3Server, startS3Server, whyNoS3Server } from '@scion/storage/testkit';
import type { TinyDataset } from '../tiny-dataset.fixture.ts';
import { attempt, createRun, hurryClock, modelHash, nextAttempt, openTemporaryStore, resolveOn } from '../training.fixture.ts';
import { packUnevenDataset } from './uneven-dataset.fixture.ts';

const job = {
  kind: 'pretrain',
  backbone: { type: 'convnet-small' },
  method: { type: 'supervised' },
  training: { epochs: 3, batchSize: 8, seed: 7 },
  evaluate: { split: 'test' },
  augment: [
    { type: 'random-resized-crop', size: 16 },
    { type: 'normalize', mean: [0.5], std: [0.5] },
  ],
};
/** Of one image each: too many for an order of the whole, so that sixteen are mixed with one another at a time. */
const [trainShards, testShards] = [96, 8];

describe('training on data in an S3 store', { skip: whyNoS3Server() }, () => {
  let scratch: string;
  let server: S3Server;
  let dataset: TinyDataset;
  let remote: ArtifactStore;
  let storedBytes: number;
  let expected: { hash: string; metrics: unknown };

  before(async () => {
    await openDevice();
    scratch = await mkdtemp(join(tmpdir(), 'scion-streaming-'));
    server = await startS3Server();
    const { store } = await openTemporaryStore();
    dataset = await packUnevenDataset(store, { train: trainShards, test: testShards, shardBytes: 1 });
    const { outcome, reports } = await attempt(store, createRun(store, dataset, resolveOn(dataset, job)));
    assert.ok(outcome.type === 'succeeded', JSON.stringify(outcome));
    expected = { hash: modelHash(reports), metrics: outcome.metrics };
    const published = await openStore('publisher', 2 ** 30);
    remote = published.store;
    const place = await remote.buildingPlace(dataset.key);
    await cp(await store.localFolder(dataset.key), place, { recursive: true });
    await remote.publishFolder(dataset.key, { from: place, last: 'packed.json' });
    storedBytes = sum(published.cached());
  });
  after(async () => {
    await server?.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  /** The store, as another machine sees it whose cache is empty, and the sizes of the files that are in that. */
  async function openStore(machine: string, maxBytes: number): Promise<{ store: ArtifactStore; cached: () => number[] }> {
    const dir = join(scratch, machine);
    const s3 = server.accessVia();
    const store = await openArtifactStore(`s3://${server.bucket}/scion`, { s3, cache: { dir, maxBytes } });
    const sizesIn = (folder: string) =>
      readdirSync(join(dir, folder)).flatMap((name) => statSync(join(dir, folder, name), { throwIfNoEntry: false })?.size ?? []);
    return { store, cached: () => [...sizesIn('objects'), ...sizesIn('incoming')] };
  }

  it('starts with its first shards, and gives what training on local files gives', async (t) => {
    const { store, cached } = await openStore('roomy', 2 ** 30);
    hurryClock(t);
    const run = createRun(store, dataset, resolveOn(dataset, job));
    let atFirstStep: number | null = null;
    const { outcome, reports } = await attempt(store, run, {
      reason: 'drain',
      at: (report) => {
        if (report.type === 'progress') atFirstStep ??= cached().length;
        return false;
      },
    });
    assert.ok(outcome.type === 'succeeded', JSON.stringify(outcome));
    assert.deepEqual({ hash: modelHash(reports), metrics: outcome.metrics }, expected);
    assert.ok(atFirstStep !== null && atFirstStep < trainShards / 2, `${atFirstStep} files were here after the first step`);
    assert.ok(cached().length > trainShards + testShards);
  });

  it('keeps to the size of a cache that the data do not fit in, and is resumed on another machine', async (t) => {
    const limit = Math.floor(storedBytes * 0.6);
    hurryClock(t);
    const run = createRun(remote, dataset, resolveOn(dataset, job));
    let largest = 0;
    const trainOn = async (machine: string, attempted: TrainRun, lastStep: number) => {
      const { store, cached } = await openStore(machine, limit);
      const at = (report: TrainerReport) => {
        largest = Math.max(largest, sum(cached()));
        return report.type === 'progress' && report.progress.step === lastStep;
      };
      return await attempt(store, attempted, { reason: 'drain', at });
    };
    const stepsPerEpoch = trainShards / job.training.batchSize;
    const drained = await trainOn('small', run, stepsPerEpoch + 5);
    assert.deepEqual(drained.outcome, { type: 'stopped', reason: 'drain' });
    const resumed = await trainOn('other', nextAttempt(run, drained.reports), Number.POSITIVE_INFINITY);
    assert.equal(modelHash(resumed.reports), expected.hash);
    assert.ok(largest > 0 && largest <= limit, `${largest} bytes were cached, of ${storedBytes}; the limit is ${limit}`);
  });
});

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}
