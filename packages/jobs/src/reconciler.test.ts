import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { newId } from '@scion/schema';
import { sql } from 'drizzle-orm';
import { createTestServices, eventually, exampleSpec, type TestServices } from './testkit/index.ts';

let scion: TestServices;
let dataset: string;

beforeEach(async () => {
  scion = await createTestServices();
  dataset = await scion.addReadyDataset();
  await scion.services.reconciler.reconcile(); // Drops the entry that the data set's validation left here
});
afterEach(() => scion.close());

async function submit(overrides: Parameters<typeof exampleSpec>[1] = {}): Promise<string> {
  return (await scion.services.jobs.submit({ spec: exampleSpec(dataset, overrides) })).job.id;
}

const nothingToDo = { lostJobs: [], lostValidations: [], overdueJobs: [], unblockedJobs: [], requeued: [], orphans: [] };

test('there is nothing to do where queue and database agree', async () => {
  await submit();
  assert.deepEqual(await scion.services.reconciler.reconcile(), nothingToDo);
});

test('a queue that lost its entries is filled again, with jobs that wait and data sets', async () => {
  const jobs = [await submit(), await submit({ priority: 5 })];
  const raw = await scion.services.datasets.create({ format: 'auto', fileName: 'a.zip', sizeBytes: 1 });
  const before = await scion.queue.entryIds('job');
  await scion.queue.remove('job', jobs);
  await scion.queue.remove('dataset', [raw.id]);
  const { requeued } = await scion.services.reconciler.reconcile();
  assert.deepEqual(new Set(requeued), new Set([...jobs, raw.id]));
  assert.deepEqual(await scion.queue.entryIds('job'), before);
});

test('entries with nothing to do are dropped', async () => {
  const cancelled = await submit();
  await scion.services.jobs.act(cancelled, { action: 'cancel' });
  const unknown = newId('job');
  await scion.queue.add('job', [{ id: unknown, priority: 0 }]);
  const { orphans } = await scion.services.reconciler.reconcile();
  assert.deepEqual(new Set(orphans), new Set([cancelled, unknown]));
  assert.equal((await scion.queue.entryIds('job')).waiting.size, 0);
});

test('a job whose worker was lost is retried, and announced', async () => {
  const jobId = await submit();
  await scion.queue.remove('job', [jobId]);
  assert.ok(await scion.services.attempts.claim({ jobId, workerId: 'wkr_gone', leaseMs: 1 }));
  await eventually(async () => (await scion.services.reconciler.reconcile()).lostJobs.includes(jobId));
  assert.equal((await scion.services.jobs.get(jobId)).state, 'retrying');
  assert.ok((await scion.queue.entryIds('job')).waiting.has(jobId));
});

test('a job with a cancel request whose worker was lost is cancelled', async () => {
  const jobId = await submit();
  await scion.services.attempts.claim({ jobId, workerId: 'wkr_gone', leaseMs: 1 });
  await scion.services.jobs.act(jobId, { action: 'cancel' });
  await eventually(async () => (await scion.services.reconciler.reconcile()).lostJobs.includes(jobId));
  assert.equal((await scion.services.jobs.get(jobId)).state, 'cancelled');
});

test('a blocked job that was overlooked is queued', async () => {
  const first = await submit();
  const second = await submit({ dependsOn: [first] });
  // As after a kill between the end of the first job and the release of the second, if that were two transactions
  await scion.database.orm.execute(
    sql`update jobs set state = 'succeeded', finished_at = now(), result = '{"model":"mdl_x","metrics":{}}' where id = ${first}`,
  );
  const { unblockedJobs } = await scion.services.reconciler.reconcile();
  assert.deepEqual(unblockedJobs, [second]);
  assert.ok((await scion.queue.entryIds('job')).waiting.has(second));
});

test('a job past its deadline fails where it waits, and is asked to stop where it runs', async () => {
  const [waiting, running] = [await submit({ deadlineMinutes: 0.0001 }), await submit({ deadlineMinutes: 0.0005 })];
  const claimed = await scion.services.attempts.claim({ jobId: running, workerId: 'wkr_test', leaseMs: 60_000 });
  assert.ok(claimed);
  const overdue = new Set<string>();
  await eventually(async () => {
    for (const id of (await scion.services.reconciler.reconcile()).overdueJobs) overdue.add(id);
    return overdue.size === 2;
  });
  assert.equal((await scion.services.jobs.get(waiting)).error?.code, 'deadlineExceeded');
  assert.deepEqual(await scion.services.attempts.renewLeases([claimed.ref], 1000), [
    { ...claimed.ref, stopRequested: 'deadline' },
  ]);
  await scion.services.attempts.finish(claimed.ref, { type: 'stopped', reason: 'cancel' }, []);
  assert.equal((await scion.services.jobs.get(running)).error?.code, 'deadlineExceeded');
});

test('data sets whose worker was lost are validated again, and invalid after the third time', async () => {
  const { id } = await scion.services.datasets.create({ format: 'auto', fileName: 'a.zip', sizeBytes: 1 });
  for (let death = 1; death <= 3; death++) {
    assert.ok(await scion.services.validations.claim({ datasetId: id, workerId: 'wkr_gone', leaseMs: 1 }));
    await eventually(async () => (await scion.services.reconciler.reconcile()).lostValidations.includes(id));
  }
  const { state, error } = await scion.services.datasets.get(id);
  assert.deepEqual([state, error?.code], ['invalid', 'dataInvalid']);
});

test('a started reconciler works at once, goes on, and stops', async () => {
  const stop = scion.services.reconciler.start({ everyMs: 20, lookEveryMs: 20 });
  const jobId = await submit();
  await scion.queue.remove('job', [jobId]);
  await eventually(async () => (await scion.queue.entryIds('job')).waiting.has(jobId));
  await scion.queue.remove('job', [jobId]);
  await eventually(async () => (await scion.queue.entryIds('job')).waiting.has(jobId));
  await stop();
});
