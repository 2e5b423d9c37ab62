import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScionClient } from '@scion/client';
import { eventually } from '../support/eventually.ts';
import { endless, eventTypesOf, shapesJob, startServerWithShapes } from '../support/shapes-server.ts';

const stepsPerEpoch = 4;

/** Waits until the job has trained so many steps. */
async function untilStep(client: ScionClient, id: string, step: number): Promise<void> {
  await eventually(`${id} has trained ${step} steps`, async () =>
    (await client.jobs.get(id)).progress.step >= step ? true : null,
  );
}

async function untilState(client: ScionClient, id: string, state: string): Promise<void> {
  await eventually(`${id} is ${state}`, async () => ((await client.jobs.get(id)).state === state ? true : null));
}

async function modelOf(client: ScionClient, id: string) {
  const job = await client.jobs.waitFor(id, { pollMs: 50 });
  assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
  return { job, model: await client.models.get(job.result?.model ?? '') };
}

test('the life of a job on a running server', async (t) => {
  const { server, dataset } = await startServerWithShapes(t);
  const { client } = server;
  const epochs = 60;

  await t.test('paused and resumed, twice, it ends with the bits and the metrics of an unbroken run', async () => {
    const unbroken = await client.jobs.create(shapesJob({ dataset, name: 'unbroken', epochs }));
    const expected = await modelOf(client, unbroken.id);
    const broken = await client.jobs.create(shapesJob({ dataset, name: 'broken', epochs }));
    for (const step of [2, 5 * stepsPerEpoch + 1]) {
      await untilStep(client, broken.id, step);
      await client.jobs.pause(broken.id);
      await untilState(client, broken.id, 'paused');
      await client.jobs.resume(broken.id);
    }
    const { job, model } = await modelOf(client, broken.id);
    assert.equal(job.attempt, 3);
    assert.equal(model.sha256, expected.model.sha256);
    assert.deepEqual(await client.jobs.metrics(broken.id), await client.jobs.metrics(unbroken.id));
  });

  await t.test('while it is paused, the slot is free for another', async () => {
    const paused = await client.jobs.create(shapesJob({ dataset, name: 'paused', epochs: endless }));
    await untilStep(client, paused.id, 1);
    await client.jobs.pause(paused.id);
    const other = await client.jobs.create(shapesJob({ dataset, name: 'other', epochs: 1 }));
    await modelOf(client, other.id);
    assert.equal((await client.jobs.get(paused.id)).state, 'paused');
    await client.jobs.cancel(paused.id);
  });

  await t.test('stopped, it keeps a model of what is trained, and can be trained on from there', async () => {
    const { id } = await client.jobs.create(shapesJob({ dataset, name: 'stopped', epochs: 400 }));
    await untilStep(client, id, stepsPerEpoch);
    await client.jobs.stop(id);
    const { job, model } = await modelOf(client, id);
    const stoppedAt = job.result?.stoppedAt;
    assert.ok(stoppedAt && stoppedAt.step >= stepsPerEpoch && stoppedAt.epoch === stoppedAt.step / stepsPerEpoch);
    const longer = Math.ceil(stoppedAt.epoch) + 2;
    await client.jobs.extend(id, { epochs: longer });
    const extended = await modelOf(client, id);
    assert.notEqual(extended.model.id, model.id);
    assert.deepEqual(extended.job.progress.step, longer * stepsPerEpoch);
    const steps = (await client.jobs.metrics(id)).data['train/loss']?.step ?? [];
    assert.deepEqual(
      steps,
      Array.from({ length: longer * stepsPerEpoch }, (_, i) => i + 1),
      'each step stands there once',
    );
  });

  await t.test('extended, it ends as if it had been that long from the start', async () => {
    const short = await client.jobs.create(shapesJob({ dataset, name: 'short', epochs: 3 }));
    await modelOf(client, short.id);
    await client.jobs.extend(short.id, { epochs: 5 });
    const extended = await modelOf(client, short.id);
    const long = await client.jobs.create(shapesJob({ dataset, name: 'long', epochs: 5 }));
    assert.equal(extended.model.sha256, (await modelOf(client, long.id)).model.sha256);
  });

  await t.test('cancelled and retried, it goes on from its newest checkpoint', async () => {
    const { id } = await client.jobs.create(shapesJob({ dataset, name: 'retried', epochs: endless }));
    await eventually('it has saved a checkpoint', async () =>
      (await client.jobs.checkpoints(id)).data.length > 0 ? true : null,
    );
    await client.jobs.cancel(id);
    await client.jobs.waitFor(id, { pollMs: 20 });
    assert.ok((await client.jobs.checkpoints(id)).data.length > 0, 'its checkpoints stay');
    await client.jobs.retry(id);
    await eventually('it was resumed', async () => ((await eventTypesOf(client, id)).includes('attempt.resumed') ? true : null));
    await client.jobs.cancel(id);
    await client.jobs.waitFor(id, { pollMs: 20 });
  });

  await t.test('that diverges is tried again at a lower rate, if it is told to', async () => {
    const body = shapesJob({ dataset, name: 'diverging', epochs: 2 });
    const optimizer = { type: 'sgd', learningRate: 1e38 };
    const training = { epochs: 2, batchSize: 50, optimizer };
    const { id } = await client.jobs.create({ ...body, training, onDivergence: { retries: 1, learningRateFactor: 1e-40 } });
    const { job } = await modelOf(client, id);
    assert.equal(job.attempt, 2);
    assert.match(JSON.stringify(job.spec['training']), /"learningRate":0\.0/);
    const [retrying] = (await client.jobs.listEvents(id)).data.filter(({ type }) => type === 'job.retrying');
    assert.match(retrying?.message ?? '', /became (NaN|-?Infinity) at step \d+.*Try 1 of at most 1/);
  });
});
