import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { busiestDescendant, isAlive } from '../support/processes.ts';
import { runScion, type ScionServer, startScion } from '../support/scion-server.ts';
import { eventTypesOf, shapesJob, startServerWithShapes } from '../support/shapes-server.ts';

/** Long enough to be interrupted, short enough to end within a test. */
const epochs = 40;
const stepsPerEpoch = 4;

test('a job whose trainer is killed goes on from its newest checkpoint and succeeds', async (t) => {
  const { server, dataset } = await startServerWithShapes(t);
  const { client } = server;
  const { id } = await client.jobs.create(shapesJob({ dataset, name: 'to be killed', epochs }));
  await checkpointSaved(server, id);
  const trainer = await busiestDescendant(server.pid, 'trainer/dist/process');
  process.kill(trainer.pid, 'SIGKILL');

  const job = await client.jobs.waitFor(id, { pollMs: 100 });
  assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
  assert.equal(job.attempt, 2);
  const types = await eventTypesOf(client, id);
  assert.ok(types.includes('attempt.lost') && types.includes('attempt.resumed'), types.join(' '));
  const { data } = await client.jobs.metrics(id);
  const ends = Array.from({ length: epochs }, (_, index) => (index + 1) * stepsPerEpoch);
  assert.deepEqual(data['test/accuracy']?.step, ends, 'each epoch is measured once, also those that were trained twice');
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
  const trainer = await busiestDescendant(server.pid, 'trainer/dist/process');
  server.signal('SIGKILL');
  await server.ended;
  await eventually('the trainer notices that it is alone', () => (isAlive(trainer.pid) ? null : true), { withinMs: 10_000 });

  const repaired = await runScion(['fsck', '--data-dir', server.dataDir, '--repair', '--json']);
  assert.equal(repaired.exitCode, 0, `${repaired.stdout}${repaired.stderr}`);
  const again = await startScion(t, { dataDir: server.dataDir });
  const job = await again.client.jobs.waitFor(id, { pollMs: 100, signal: AbortSignal.timeout(120_000) });
  assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
  assert.ok(job.attempt >= 2);
  const checked = await runScion(['fsck', '--data-dir', server.dataDir, '--deep', '--json']);
  assert.deepEqual(JSON.parse(checked.stdout).found, [], 'beside the running server');
});

async function checkpointSaved({ client }: ScionServer, job: string): Promise<void> {
  await eventually('a checkpoint is saved', async () => ((await client.jobs.checkpoints(job)).data.length > 0 ? true : null));
}
