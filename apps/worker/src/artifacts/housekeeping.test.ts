import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTestServices, exampleSpec } from '@scion/jobs/testkit';
import { artifactKeys, newId } from '@scion/schema';
import { type ArtifactStore, openFileSystemStore } from '@scion/storage';
import { emptyTrash, removeOrphans } from './housekeeping.ts';

const listAll = async (store: ArtifactStore) =>
  (await Promise.all(['jobs', 'models', 'datasets'].map((name) => store.list(name)))).flat();

const dayMs = 24 * 3_600_000;

test('files of no record go once they are a day old; those of records, and of the trash, stay', async (t) => {
  const scion = await createTestServices();
  const folder = await mkdtemp(join(tmpdir(), 'scion-house-'));
  t.after(async () => {
    await scion.close();
    await rm(folder, { recursive: true, force: true });
  });
  const store = await openFileSystemStore(folder);
  const { services } = scion;
  const dataset = await scion.addReadyDataset();
  const { job } = await services.jobs.submit({ spec: exampleSpec(dataset) });
  const deleted = (await services.jobs.submit({ spec: exampleSpec(dataset) })).job.id;
  await services.jobs.act(deleted, { action: 'cancel' });
  await services.trash.deleteJob(deleted);
  const shared = newId('dataset'); // Deleted, but another data set was uploaded with the same bytes
  await scion.database.pool.query('update datasets set upload_of = $2 where id = $1', [dataset, shared]);

  const old = Date.now() - 2 * dayMs;
  const stays = [
    artifactKeys.jobStatus(job.id),
    artifactKeys.jobStatus(deleted),
    `${artifactKeys.datasetPacked(dataset)}/manifest.json`,
    artifactKeys.datasetUpload(shared),
    `${artifactKeys.model(newId('model'))}/manifest.json`, // New: its record may be about to come
    'models/notes.txt', // Not ours
  ];
  const goes = [
    artifactKeys.jobStatus(newId('job', old)),
    `${artifactKeys.checkpoint(job.id, newId('checkpoint', old))}/manifest.json`,
    `${artifactKeys.model(newId('model', old))}/manifest.json`,
    artifactKeys.datasetUpload(newId('dataset', old)),
  ];
  for (const key of [...stays, ...goes]) await store.put(key, 'bytes');

  assert.equal((await removeOrphans({ services, store })).length, goes.length);
  assert.deepEqual((await listAll(store)).sort(), [...stays].sort());
  assert.deepEqual(await removeOrphans({ services, store }), []);
  assert.deepEqual(await emptyTrash({ services, store }), []);
});

test('what was in the trash long enough goes with its files', async (t) => {
  const scion = await createTestServices({ trashDays: 0 });
  const folder = await mkdtemp(join(tmpdir(), 'scion-house-'));
  t.after(async () => {
    await scion.close();
    await rm(folder, { recursive: true, force: true });
  });
  const store = await openFileSystemStore(folder);
  const { services } = scion;
  const { job } = await services.jobs.submit({ spec: exampleSpec(await scion.addReadyDataset()) });
  await services.jobs.act(job.id, { action: 'cancel' });
  await store.put(artifactKeys.jobStatus(job.id), 'bytes');
  await services.trash.deleteJob(job.id);
  assert.deepEqual(await emptyTrash({ services, store }), [artifactKeys.job(job.id)]);
  assert.deepEqual(await listAll(store), []);
});
