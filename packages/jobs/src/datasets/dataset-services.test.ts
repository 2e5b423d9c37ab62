import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Dataset, type DatasetIssue, type ErrorCode, newId, ScionError } from '@scion/schema';
import { createTestServices, exampleReport, exampleSpec, type TestServices } from '../testkit/index.ts';

let scion: TestServices;

before(async () => {
  scion = await createTestServices();
});
after(() => scion.close());

const hasCode = (code: ErrorCode) => (error: unknown) => error instanceof ScionError && error.code === code;
const create = () => scion.services.datasets.create({ name: 'digits', format: 'auto', fileName: 'digits.zip', sizeBytes: 123 });
const claim = (datasetId: string) => scion.services.validations.claim({ datasetId, workerId: 'wkr_test', leaseMs: 10_000 });

test('a new data set is validating, and announced', async () => {
  const dataset = await create();
  assert.deepEqual(Dataset.parse(dataset), dataset);
  assert.deepEqual([dataset.state, dataset.format, dataset.name, dataset.splits], ['validating', 'auto', 'digits', {}]);
  assert.ok((await scion.queue.entryIds('dataset')).waiting.has(dataset.id));
});

test('one worker validates it, and what it found makes it ready', async () => {
  const { id } = await create();
  const claims = await Promise.all(Array.from({ length: 10 }, () => claim(id)));
  const [won, ...others] = claims.filter((claimed) => claimed !== null);
  assert.ok(won);
  assert.equal(others.length, 0);
  const report = exampleReport();
  await scion.services.validations.finish(won.ref, report);
  const dataset = await scion.services.datasets.get(id);
  assert.deepEqual(
    [dataset.state, dataset.format, dataset.splits, dataset.sha256],
    ['ready', report.format, report.splits, report.sha256],
  );
  await assert.rejects(scion.services.validations.finish(won.ref, report), hasCode('leaseLost'));
  assert.equal(await claim(id), null);
});

test('a failed validation says why, issue by issue', async () => {
  const { id } = await create();
  const claimed = await claim(id);
  assert.ok(claimed);
  const issue: DatasetIssue = {
    code: 'image-corrupt',
    severity: 'error',
    split: null,
    path: 'a.png',
    row: null,
    message: 'Cut short',
  };
  await scion.services.validations.fail(claimed.ref, { code: 'dataInvalid', message: 'No image can be read', issues: [issue] });
  const { state, error, issues } = await scion.services.datasets.get(id);
  assert.deepEqual([state, error, issues], ['invalid', { code: 'dataInvalid', message: 'No image can be read' }, [issue]]);
});

test('a hand-back leaves the data set to another worker, and fences off the first', async () => {
  const { id } = await create();
  const first = await claim(id);
  assert.ok(first);
  await scion.services.validations.handBack(first.ref);
  await assert.rejects(scion.services.validations.renewLease(first.ref, 1000), hasCode('leaseLost'));
  const second = await claim(id);
  assert.equal(second?.ref.attempt, 2);
});

test('a data set is kept while a job that has not ended needs it', async () => {
  const id = await scion.addReadyDataset();
  const { job } = await scion.services.jobs.submit({ spec: exampleSpec(id) });
  await assert.rejects(
    scion.services.datasets.delete(id),
    (error) => error instanceof ScionError && error.code === 'datasetInUse' && error.details[0]?.path === job.id,
  );
  await scion.services.jobs.act(job.id, { action: 'cancel' });
  await scion.services.datasets.delete(id);
  await assert.rejects(scion.services.datasets.get(id), hasCode('notFound'));
  await assert.rejects(scion.services.datasets.delete(id), hasCode('notFound'));
});

test('a data set that is needed can be deleted by force', async () => {
  const id = await scion.addReadyDataset();
  const { job } = await scion.services.jobs.submit({ spec: exampleSpec(id) });
  await assert.rejects(scion.services.datasets.delete(id, { force: false }), hasCode('datasetInUse'));
  await scion.services.datasets.delete(id, { force: true });
  await assert.rejects(scion.services.datasets.get(id), hasCode('notFound'));
  assert.equal(await scion.services.attempts.claim({ jobId: job.id, workerId: 'wkr_test', leaseMs: 1000 }), null);
  assert.match((await scion.services.jobs.get(job.id)).error?.message ?? '', /is gone/);
});

test('of a delete and a submit at the same time, one is refused', async () => {
  for (let round = 0; round < 10; round++) {
    const id = await scion.addReadyDataset();
    const results = await Promise.allSettled([
      scion.services.datasets.delete(id),
      scion.services.jobs.submit({ spec: exampleSpec(id) }),
    ]);
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  }
});

test('lists by state, newest first', async () => {
  const older = await create();
  const newer = await create();
  const { data } = await scion.services.datasets.list({ limit: 500, state: 'validating' });
  const ids = data.map(({ id }) => id);
  assert.ok(ids.indexOf(newer.id) < ids.indexOf(older.id));
  assert.ok(data.every(({ state }) => state === 'validating'));
  await assert.rejects(scion.services.datasets.get(newId('dataset')), hasCode('notFound'));
});
