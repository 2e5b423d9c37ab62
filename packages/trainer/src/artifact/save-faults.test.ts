import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { ScionError } from '@scion/schema';
import { type ArtifactStore, openFileSystemStore } from '@scion/storage';
import { type FileFault, failFileCall, fileFaults } from '@scion/storage/testkit';
import { BackboneConfig } from '../models/index.ts';
import { formatVersion, type ImportManifest } from './manifest.ts';
import { readStartFolder, writeParameterFolder } from './parameter-folder.ts';

const saved = 'jobs/job_x/checkpoints/ckpt_x';
const published = 'datasets/ds_x/packed';
const publishedFiles = ['images.bin', 'labels.bin', 'manifest.json'];
let folder: string;
let roots = 0;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scion-save-faults-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const openStore = () => openFileSystemStore(join(folder, String(roots++)));

type Fault = { at: number; fault: FileFault };

function save(store: ArtifactStore, fault: Fault): Promise<{ calls: number; error: unknown }> {
  const tensor = (name: string, value: number) => ({ name, shape: [64], data: new Float32Array(64).fill(value) });
  const backbone = BackboneConfig.parse({ type: 'convnet-small' });
  const lists = { missing: [], reshaped: [], unexpected: [], converted: {} };
  const report = { format: 'safetensors', entry: null, sha256: 'a'.repeat(64), loaded: 1, ...lists } as const;
  const manifest: Omit<ImportManifest, 'files'> = { formatVersion, imported: { backbone, inputShape: [8, 8, 1], report } };
  const content = { parameters: [tensor('w', 1)], optimizer: [tensor('w/momentum', 2)], manifest };
  return failFileCall(fault, () => writeParameterFolder(store, saved, content));
}

/** Also looks at what a start from the folder does not need. */
async function readWhole(store: ArtifactStore): Promise<void> {
  const { manifest } = await readStartFolder(store, saved);
  for (const [name, { sha256 }] of Object.entries(manifest.files)) {
    const bytes = (await store.get(`${saved}/${name}`)) ?? assert.fail(`${name} is missing from a folder with a manifest`);
    assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256, name);
  }
}

async function publish(store: ArtifactStore, fault: Fault): Promise<{ calls: number; error: unknown }> {
  const from = await mkdtemp(join(folder, 'built-'));
  await mkdir(from, { recursive: true });
  for (const name of publishedFiles) await writeFile(join(from, name), `new ${name}`);
  return failFileCall(fault, () => store.publishFolder(published, { from, last: 'manifest.json' }));
}

/** A full disk does not show in what only reads. */
function assertSaysFull(fault: FileFault, error: unknown): void {
  if (fault !== 'ENOSPC' || error === null || /(lstat|readdir)$/.test(String(error))) return;
  assert.ok(error instanceof ScionError && error.code === 'insufficientStorage', String(error));
}

suite('every call to the file system fails once, in each of four ways', () => {
  for (const fault of fileFaults) {
    test(`while a checkpoint is saved: it is whole, or known not to be, and can be saved again (${fault})`, async () => {
      const { calls } = await save(await openStore(), { at: 0, fault });
      assert.ok(calls > 10, `${calls} calls`);
      for (let at = 1; at <= calls; at++) {
        const store = await openStore();
        const { error } = await save(store, { at, fault });
        assertSaysFull(fault, error);
        const isWhole = await readWhole(store).then(
          () => true,
          (problem: unknown) => {
            assert.ok(problem instanceof ScionError && problem.code === 'checkpointCorrupt', String(problem));
            return false;
          },
        );
        if (error === null && fault !== 'kill') assert.ok(isWhole, `call ${at}: what was said to be saved is whole`);
        await store.remove(saved);
        assert.equal((await save(store, { at: 0, fault })).error, null);
        await readWhole(store);
      }
    });

    test(`while a folder is published: what is there is the old or the new, never a mixture (${fault})`, async () => {
      const { calls } = await publish(await openStore(), { at: 0, fault });
      assert.ok(calls > 5, `${calls} calls`);
      for (let at = 1; at <= calls; at++) {
        const store = await openStore();
        for (const name of publishedFiles) await store.put(`${published}/${name}`, `old ${name}`);
        const { error } = await publish(store, { at, fault });
        assertSaysFull(fault, error);
        const keys = await store.list(published);
        const texts = await Promise.all(keys.map(async (key) => Buffer.from((await store.get(key))!).toString()));
        const ages = new Set(texts.map((text) => text.split(' ')[0]));
        assert.ok(ages.size <= 1, `call ${at}: ${texts.join(', ')}`);
        assert.ok(keys.length === 0 || keys.length === publishedFiles.length, `call ${at}: ${keys.join(', ')}`);
        if (error === null && fault !== 'kill') assert.ok(ages.has('new'), `call ${at}: what was said to be published is there`);
        assert.equal((await publish(store, { at: 0, fault })).error, null);
        assert.equal(Buffer.from((await store.get(`${published}/manifest.json`))!).toString(), 'new manifest.json');
      }
    });
  }
});
