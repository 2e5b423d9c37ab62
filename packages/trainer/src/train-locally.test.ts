import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { artifactKeys, parameterFiles, type TrainerReport } from '@scion/schema';
import { openFileSystemStore } from '@scion/storage';
import { tinyArchive } from './tiny-dataset.fixture.ts';
import { trainLocally } from './train-locally.ts';
import { reportsOf } from './training.fixture.ts';

const shape = { side: 8, channels: 3, classes: 3 } as const;
const spec = {
  kind: 'finetune',
  from: { scratch: { backbone: { type: 'convnet-small' } } },
  method: { type: 'full' },
  training: { epochs: 2, batchSize: 8 },
};

let folder: string;
let dataPath: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scion-local-'));
  dataPath = join(folder, 'tiny.tar');
  await writeFile(dataPath, await tinyArchive({ ...shape, count: 18 }, { ...shape, count: 9 }));
});
after(() => rm(folder, { recursive: true, force: true }));

const run = (given: unknown, signal?: AbortSignal) => {
  const reports: TrainerReport[] = [];
  const options = {
    spec: given,
    dataPath,
    outDir: join(folder, 'out'),
    report: (report: TrainerReport) => void reports.push(report),
  };
  return trainLocally({ ...options, ...(signal ? { signal } : {}) }).then((result) => ({ ...result, reports }));
};

describe('trainLocally', () => {
  it('packs an archive and trains on it, leaving the model in the folder', async () => {
    const { dataset, outcome, reports } = await run(spec);
    assert.deepEqual(dataset.example.shape, [8, 8, 3]);
    assert.deepEqual(dataset.splits['train']?.classes, { 0: 6, 1: 6, 2: 6 });
    assert.ok(outcome.type === 'succeeded');
    const store = await openFileSystemStore(join(folder, 'out'));
    assert.deepEqual(await store.list(artifactKeys.model(outcome.model)), [
      `${artifactKeys.model(outcome.model)}/${parameterFiles.manifest}`,
      `${artifactKeys.model(outcome.model)}/${parameterFiles.parameters}`,
    ]);
    assert.equal(reportsOf(reports, 'checkpoint').length, 2);
  });

  it('gives the same model from the same seed', async () => {
    const hashOf = async () => reportsOf((await run(spec)).reports, 'model')[0]?.sha256;
    const first = await hashOf();
    assert.match(first ?? '', /^[0-9a-f]{64}$/);
    assert.equal(await hashOf(), first);
  });

  it('stops when it is told to', async () => {
    const { outcome } = await run(spec, AbortSignal.abort('cancel'));
    assert.deepEqual(outcome, { type: 'stopped', reason: 'cancel' });
  });

  it('says what is wrong with a spec, and where', async () => {
    const paths = async (given: unknown) => {
      try {
        await run(given);
      } catch (error) {
        const { code, details } = error as { code: string; details: { path: string }[] };
        return [code, ...details.map(({ path }) => path)];
      }
      return assert.fail('nothing was refused');
    };
    assert.deepEqual(await paths({ ...spec, training: { epoch: 2 } }), ['specInvalid', 'training.epoch']);
    assert.deepEqual(await paths({ ...spec, dataset: { splitt: 'train' } }), ['specInvalid', 'dataset.splitt']);
    assert.deepEqual(await paths({ ...spec, dataset: 'tiny.tar' }), ['specInvalid', 'dataset']);
    assert.deepEqual(await paths({ ...spec, dataset: { split: 'val' } }), ['specInvalid', 'dataset.split']);
    assert.deepEqual(await paths({ ...spec, from: { job: 'job_01k9m3v5t8x2r4w6y0abcdefgh' } }), ['specInvalid', 'from']);
    assert.deepEqual(await paths({ ...spec, augment: [{ type: 'random-crop', size: 9 }] }), ['shapeMismatch', 'augment.0']);
    assert.equal((await paths('not a job'))[0], 'specInvalid');
  });
});
