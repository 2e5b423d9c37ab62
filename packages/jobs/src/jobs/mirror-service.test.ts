import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createTestServices, exampleSpec, type TestServices } from '../testkit/index.ts';

let scion: TestServices;

before(async () => {
  scion = await createTestServices();
});
after(() => scion.close());

test('a job is pending after each change, until its newest version is mirrored', async () => {
  const { jobs, mirror } = scion.services;
  const { job } = await jobs.submit({ spec: exampleSpec(await scion.addReadyDataset()) });
  const [first] = await mirror.pending(10);
  assert.deepEqual(first?.job, job);
  await jobs.act(job.id, { action: 'cancel' });
  await mirror.markMirrored(job.id, first?.version ?? 0);
  const [second, ...others] = await mirror.pending(10);
  assert.equal(others.length, 0);
  assert.equal(second?.job.state, 'cancelled');
  await mirror.markMirrored(job.id, second?.version ?? 0);
  assert.deepEqual(await mirror.pending(10), []);
  await mirror.redoRecent(60_000);
  assert.equal((await mirror.pending(10)).length, 1, 'what changed lately is copied once more');
});
