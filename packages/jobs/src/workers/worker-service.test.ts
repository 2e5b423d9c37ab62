import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Worker } from '@scion/schema';
import { sql } from 'drizzle-orm';
import { createTestServices, exampleSpec, type TestServices } from '../testkit/index.ts';

let scion: TestServices;

before(async () => {
  scion = await createTestServices();
});
after(() => scion.close());

test('a worker is listed with its slots and what it runs, until it says goodbye', async () => {
  const { workers, jobs, attempts } = scion.services;
  const workerId = await workers.register({ host: 'here', pid: 4, devices: ['gpu:0', 'gpu:1'] });
  const { job } = await jobs.submit({ spec: exampleSpec(await scion.addReadyDataset()) });
  await attempts.claim({ jobId: job.id, workerId, leaseMs: 10_000 });
  const { data } = await workers.list({ limit: 10 });
  const [worker] = data;
  assert.deepEqual(Worker.parse(worker), worker);
  assert.deepEqual([worker?.id, worker?.slots, worker?.running, worker?.alive], [workerId, 2, [job.id], true]);
  assert.deepEqual(await workers.capacity(), { workers: 1, slots: 2, busySlots: 1 });
  await workers.unregister(workerId);
  assert.deepEqual(await workers.capacity(), { workers: 0, slots: 0, busySlots: 1 });
});

test('the leases of a worker whose process is gone end at once; those of the living stay', async () => {
  const { workers, jobs, attempts, validations, datasets } = scion.services;
  const [dead, alive] = [1, 2].map((pid) => workers.register({ host: 'here', pid, devices: ['cpu'], processSpace: 'ours' }));
  const elsewhere = await workers.register({ host: 'here', pid: 1, devices: ['cpu'], processSpace: 'another' });
  const dataset = await scion.addReadyDataset();
  const claimFor = async (workerId: string) => {
    const { job } = await jobs.submit({ spec: exampleSpec(dataset) });
    await attempts.claim({ jobId: job.id, workerId, leaseMs: 60_000 });
    return job.id;
  };
  const lost = await claimFor(await dead!);
  const kept = [await claimFor(await alive!), await claimFor(elsewhere)];
  const upload = await datasets.create({ format: 'auto', fileName: 'a.zip', sizeBytes: 1 });
  await validations.claim({ datasetId: upload.id, workerId: await dead!, leaseMs: 60_000 });

  assert.deepEqual(await workers.buryDead({ space: 'ours', isAlive: (pid) => pid !== 1 }), [await dead!]);
  assert.deepEqual(await attempts.expireLeases(), [lost]);
  assert.deepEqual(
    (await validations.expireLeases()).map(({ id }) => id),
    [upload.id],
  );
  for (const id of kept) assert.equal((await jobs.get(id)).state, 'running');
});

test('a worker that was not heard of for a while is not alive, and forgotten after a day', async () => {
  const { workers } = scion.services;
  const silent = await workers.register({ host: 'away', pid: 5, devices: ['cpu'] });
  const lastSeen = (interval: string) =>
    scion.database.orm.execute(
      sql`update workers set last_seen_at = clock_timestamp() - ${interval}::interval where id = ${silent}`,
    );
  await lastSeen('1 minute');
  assert.equal((await workers.list({ limit: 10 })).data.find(({ id }) => id === silent)?.alive, false);
  await workers.heartbeat(silent, { draining: false });
  assert.equal((await workers.list({ limit: 10 })).data.find(({ id }) => id === silent)?.alive, true);
  await lastSeen('2 days');
  await workers.register({ host: 'here', pid: 6, devices: ['cpu'] });
  assert.ok((await workers.list({ limit: 10 })).data.every(({ id }) => id !== silent));
});
