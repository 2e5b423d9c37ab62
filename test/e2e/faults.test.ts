import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '@scion/schema';
import { eventually } from '../support/eventually.ts';
import { findDescendant } from '../support/processes.ts';
import { type ScionServer, startScion } from '../support/scion-server.ts';
import { eventTypesOf, shapesJob, startServerWithShapes } from '../support/shapes-server.ts';

/** Long enough to be interrupted, short enough to end within a test. */
const epochs = 60;

test('a job whose trainer is killed goes on from its newest checkpoint and succeeds', async (t) => {
  const { server, dataset } = await startServerWithShapes(t);
  const { client } = server;
  const { id } = await client.jobs.create(shapesJob({ dataset, name: 'to be killed', epochs }));
  await checkpointSaved(server, id);
  const trainer = await eventually('the trainer runs', () => findDescendant(server.pid, 'trainer/dist/process'));
  process.kill(trainer.pid, 'SIGKILL');

  const job = await client.jobs.waitFor(id, { pollMs: 100 });
  assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
  assert.equal(job.attempt, 2);
  const types = await eventTypesOf(client, id);
  assert.ok(types.includes('attempt.lost') && types.includes('attempt.resumed'), types.join(' '));
  assert.equal(types.filter((type) => type === 'epoch.finished').length, await epochsReported(server, job));
});

test('a server that is stopped in mid-job goes on with it at the next start', async (t) => {
  const { server, dataset } = await startServerWithShapes(t);
  const { id } = await server.client.jobs.create(shapesJob({ dataset, name: 'to be handed back', epochs }));
  await checkpointSaved(server, id);
  const before = await server.client.jobs.get(id);
  await server.stop();
  assert.equal(await server.ended, 0);

  const again = await startScion(t, { dataDir: server.dataDir });
  const job = await again.client.jobs.waitFor(id, { pollMs: 100 });
  assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
  assert.ok(before.progress.step > 0);
  assert.ok((await eventTypesOf(again.client, id)).includes('attempt.resumed'));
});

test('a server that is killed in mid-job goes on with it at the next start', async (t) => {
  const { server, dataset } = await startServerWithShapes(t);
  const { id } = await server.client.jobs.create(shapesJob({ dataset, name: 'to be orphaned', epochs }));
  await checkpointSaved(server, id);
  server.signal('SIGKILL');
  await server.ended;

  const again = await startScion(t, { dataDir: server.dataDir });
  const job = await again.client.jobs.waitFor(id, { pollMs: 100, signal: AbortSignal.timeout(120_000) });
  assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
  assert.ok(job.attempt >= 2);
});

async function checkpointSaved({ client }: ScionServer, job: string): Promise<void> {
  await eventually('a checkpoint is saved', async () => ((await client.jobs.checkpoints(job)).data.length > 0 ? true : null));
}

/** Steps of the loss series, in epochs: a resumed run writes its steps once. */
async function epochsReported({ client }: ScionServer, job: Job): Promise<number> {
  const { data } = await client.jobs.metrics(job.id);
  return new Set(data['test/accuracy']?.step).size;
}
