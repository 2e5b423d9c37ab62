import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parameterFiles, ScionError } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import { packTinyDataset } from '../tiny-dataset.fixture.ts';
import { createRun, openTemporaryStore, resolveOn } from '../training.fixture.ts';
import type { Manifest } from './manifest.ts';
import { readParameterFolder, writeParameterFolder } from './parameter-folder.ts';

const { store } = await openTemporaryStore();
const dataset = await packTinyDataset(store);
const spec = resolveOn(dataset, { kind: 'pretrain', backbone: { type: 'convnet-small' }, method: { type: 'supervised' } });

const parameters = [{ name: 'w', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }];
const optimizer = [{ name: 'w/momentum', shape: [2, 2], data: Float32Array.of(5, 6, 7, 8) }];
const manifest: Omit<Manifest, 'files'> = {
  formatVersion: 1,
  job: createRun(store, dataset, spec).job,
  attempt: 2,
  step: 7,
  epoch: 1.75,
  network: {
    spec: { ...spec, training: { ...spec.training, precision: 'float32' } },
    classNames: dataset.report.classNames,
    decodedShape: [8, 8, 1],
    decodesFirst: false,
  },
  metrics: { 'train/loss': 0.5 },
  best: null,
  epochSums: { examples: 3, values: { 'train/loss': 0.1 + 0.2 } },
};

let folders = 0;
async function writtenFolder(): Promise<string> {
  const folder = `checkpoints/${folders++}`;
  await writeParameterFolder(store, folder, { parameters, optimizer, manifest });
  return folder;
}

async function flipByte(from: ArtifactStore, key: string, position: number): Promise<void> {
  const bytes = Buffer.from((await from.get(key))!);
  bytes[position]! ^= 1;
  await from.put(key, bytes);
}

const isCorrupt = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ScionError && error.code === 'checkpointCorrupt', String(error));
  assert.match(error.message, pattern);
  return true;
};

describe('a parameter folder', () => {
  it('comes back with its tensors and its manifest, every number exact', async () => {
    const folder = await writtenFolder();
    const read = await readParameterFolder(store, folder, { withOptimizer: true });
    assert.deepEqual([...read.parameters.values()], parameters);
    assert.deepEqual([...read.optimizer.values()], optimizer);
    const { files, ...rest } = read.manifest;
    assert.deepEqual(rest, manifest);
    assert.deepEqual(Object.keys(files), [parameterFiles.parameters, parameterFiles.optimizer]);
  });

  it('can be read without the optimizer, and be written without one', async () => {
    const folder = `models/${folders++}`;
    await writeParameterFolder(store, folder, { parameters, optimizer: null, manifest });
    const read = await readParameterFolder(store, folder, { withOptimizer: true });
    assert.equal(read.optimizer.size, 0);
    assert.equal((await readParameterFolder(store, await writtenFolder(), { withOptimizer: false })).optimizer.size, 0);
  });

  it('says how large it is and the hash of its parameters', async () => {
    const folder = `checkpoints/${folders++}`;
    const written = await writeParameterFolder(store, folder, { parameters, optimizer, manifest });
    const sizes = await Promise.all((await store.list(folder)).map((key) => store.sizeOf(key)));
    assert.equal(
      written.sizeBytes,
      sizes.reduce((sum: number, size) => sum + (size ?? 0), 0),
    );
    const read = await readParameterFolder(store, folder, { withOptimizer: false });
    assert.equal(written.sha256, read.manifest.files[parameterFiles.parameters]?.sha256);
  });

  it('is written once', async () => {
    const folder = await writtenFolder();
    await assert.rejects(writeParameterFolder(store, folder, { parameters: [], optimizer: null, manifest }), {
      code: 'conflict',
    });
    const read = await readParameterFolder(store, folder, { withOptimizer: true });
    assert.deepEqual([read.parameters.size, read.optimizer.size], [parameters.length, optimizer.length]);
  });

  for (const file of [parameterFiles.parameters, parameterFiles.optimizer]) {
    it(`is corrupt with one bit of ${file} flipped, wherever`, async () => {
      const folder = await writtenFolder();
      const size = (await store.sizeOf(`${folder}/${file}`)) ?? 0;
      for (const position of [0, 20, size - 1]) {
        await flipByte(store, `${folder}/${file}`, position);
        await assert.rejects(readParameterFolder(store, folder, { withOptimizer: true }), isCorrupt(/SHA-256 differs/));
        await flipByte(store, `${folder}/${file}`, position);
      }
      await readParameterFolder(store, folder, { withOptimizer: true });
    });

    it(`is corrupt without ${file}, and says so`, async () => {
      const folder = await writtenFolder();
      await store.remove(`${folder}/${file}`);
      await assert.rejects(readParameterFolder(store, folder, { withOptimizer: true }), isCorrupt(/is missing/));
    });
  }

  it('is corrupt without its manifest, or with one that is torn or has unknown parts', async () => {
    const folder = await writtenFolder();
    const key = `${folder}/${parameterFiles.manifest}`;
    const whole = Buffer.from((await store.get(key))!).toString('utf8');
    for (const text of [whole.slice(0, 50), '{}', whole.replace('"attempt":2', '"attempt":2,"more":1')]) {
      await store.put(key, text);
      await assert.rejects(readParameterFolder(store, folder, { withOptimizer: true }), isCorrupt(/cannot be read/));
    }
    await store.remove(key);
    await assert.rejects(readParameterFolder(store, folder, { withOptimizer: true }), isCorrupt(/is missing/));
  });
});
