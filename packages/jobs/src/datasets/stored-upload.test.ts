import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { artifactKeys, newId } from '@scion/schema';
import { createTestServices, exampleReport, type TestServices } from '../testkit/index.ts';

let scion: TestServices;

before(async () => {
  scion = await createTestServices({ trashDays: 0 });
});
after(() => scion.close());

let uploads = 0;
const newBytes = () => `${uploads++}`.padStart(64, '0');

async function add(sha256: string): Promise<{ id: string; surplusKey: string | null }> {
  const id = newId('dataset');
  const { surplusKey } = await scion.services.datasets.createFromUpload({
    ...{ id, sha256, format: 'auto', fileName: 'a.zip', sizeBytes: 10 },
  });
  return { id, surplusKey };
}
async function uploadKeysFreedBy(id: string): Promise<string[]> {
  await scion.services.datasets.delete(id);
  const purged = await scion.services.trash.purge();
  return purged.filter((key) => key.endsWith('/upload'));
}

test('the same bytes are stored once, and go with the last data set that has them', async () => {
  const bytes = newBytes();
  const first = await add(bytes);
  const second = await add(bytes);
  const other = await add(newBytes());
  assert.deepEqual([first.surplusKey, second.surplusKey, other.surplusKey], [null, artifactKeys.datasetUpload(second.id), null]);
  const claimed = await scion.services.validations.claim({ datasetId: second.id, workerId: 'wkr_test', leaseMs: 10_000 });
  assert.equal(claimed?.uploadKey, artifactKeys.datasetUpload(first.id));
  assert.deepEqual(await uploadKeysFreedBy(first.id), []);
  const third = await add(bytes);
  assert.equal(third.surplusKey, artifactKeys.datasetUpload(third.id));
  assert.deepEqual(await uploadKeysFreedBy(second.id), []);
  assert.deepEqual(await uploadKeysFreedBy(third.id), [artifactKeys.datasetUpload(first.id)]);
  assert.deepEqual(await uploadKeysFreedBy(other.id), [artifactKeys.datasetUpload(other.id)]);
});

test('of many at the same time, one keeps its copy; deleted at the same time, the last one frees it', async () => {
  const bytes = newBytes();
  const added = await Promise.all(Array.from({ length: 8 }, () => add(bytes)));
  const owners = added.filter(({ surplusKey }) => surplusKey === null);
  assert.equal(owners.length, 1);
  const freed = await Promise.all(added.map(({ id }) => uploadKeysFreedBy(id)));
  assert.deepEqual(freed.flat(), [artifactKeys.datasetUpload(owners[0]!.id)]);
});

test('what a worker fetched is kept once too, and noted for the next try', async () => {
  const bytes = newBytes();
  const first = await add(bytes);
  const source = { type: 'url', url: 'https://example.org/a.zip' } as const;
  const fetchLater = () =>
    scion.services.datasets.create({ source, format: 'auto', fileName: 'a.zip', sizeBytes: 0 }).then(({ id }) => id);
  const claim = (datasetId: string) => scion.services.validations.claim({ datasetId, workerId: 'wkr_test', leaseMs: 10_000 });
  const [twin, own] = [await fetchLater(), await fetchLater()];
  const fetched = { sizeBytes: 10, fileName: 'digits.zip' };

  const claimedTwin = await claim(twin);
  assert.equal(claimedTwin?.dataset.sha256, null);
  const surplusKey = await scion.services.validations.recordUpload(claimedTwin!.ref, { ...fetched, sha256: bytes });
  assert.equal(surplusKey, artifactKeys.datasetUpload(twin));
  await scion.services.validations.handBack(claimedTwin!.ref);
  const again = await claim(twin);
  assert.deepEqual([again?.uploadKey, again?.dataset.sha256], [artifactKeys.datasetUpload(first.id), bytes]);
  await assert.rejects(scion.services.validations.recordUpload(claimedTwin!.ref, { ...fetched, sha256: bytes }), {
    code: 'leaseLost',
  });

  const claimedOwn = await claim(own);
  assert.equal(await scion.services.validations.recordUpload(claimedOwn!.ref, { ...fetched, sha256: newBytes() }), null);
  const ready = await scion.services.validations.finish(claimedOwn!.ref, exampleReport());
  assert.deepEqual([ready.source, ready.sizeBytes, ready.fileName], [source, 10, 'digits.zip']);
});
