import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Job, newId, TrashEntry } from '@scion/schema';
import request from 'supertest';
import { finetuneBody, pretrainBody } from '../testkit/job-bodies.ts';
import { runJob } from '../testkit/run-job.ts';
import { startTestApp } from '../testkit/test-app.ts';

async function open(t: Parameters<typeof startTestApp>[0]) {
  const app = await startTestApp(t);
  const dataset = await app.addReadyDataset();
  const submit = async (body: object) => (await request(app.url).post('/v1/jobs').send(body).expect(201)).body as Job;
  const trash = async () => TrashEntry.array().parse((await request(app.url).get('/v1/trash').expect(200)).body.data);
  const remove = (path: string) => request(app.url).delete(path);
  return { app, url: app.url, dataset, submit, trash, remove };
}

suite('the trash', () => {
  test('takes a model and then its job, lists them, and gives them back as they were', async (t) => {
    const { app, url, dataset, submit, trash, remove } = await open(t);
    const { id } = await submit(pretrainBody(dataset, { name: 'to be missed' }));
    const { model, checkpoint } = await runJob(app, id);
    const before = (await request(url).get(`/v1/jobs/${id}`).expect(200)).body;
    const needed = await remove(`/v1/jobs/${id}`).expect(409);
    assert.equal(needed.body.code, 'recordInUse');
    assert.match(JSON.stringify(needed.body.errors), new RegExp(model));

    await remove(`/v1/models/${model}`).expect(204);
    await remove(`/v1/jobs/${id}`).expect(204);
    for (const path of [`/v1/jobs/${id}`, `/v1/models/${model}`, `/v1/jobs/${id}/events`, `/v1/checkpoints/${checkpoint}`]) {
      await request(url).get(path).expect(404);
    }
    assert.deepEqual((await request(url).get('/v1/jobs').expect(200)).body.data, []);
    const entries = await trash();
    assert.deepEqual(
      entries.map(({ type, id: entry }) => [type, entry]),
      [
        ['job', id],
        ['model', model],
      ],
    );
    assert.equal(entries[0]?.name, 'to be missed');
    const days = (Date.parse(entries[0]!.purgeAt) - Date.parse(entries[0]!.deletedAt)) / 86_400_000;
    assert.equal(Math.round(days), 30);

    for (const entry of [id, model]) await request(url).post(`/v1/trash/${entry}/restore`).expect(204);
    assert.deepEqual((await request(url).get(`/v1/jobs/${id}`).expect(200)).body, before);
    await request(url).get(`/v1/models/${model}`).expect(200);
    assert.deepEqual(await trash(), []);
  });

  test('does not take what has not ended, or what an unfinished job starts from', async (t) => {
    const { app, dataset, submit, remove } = await open(t);
    const { id } = await submit(pretrainBody(dataset));
    const waiting = await remove(`/v1/jobs/${id}`).expect(409);
    assert.equal(waiting.body.code, 'conflict');
    const { model } = await runJob(app, id);
    const next = await submit(finetuneBody(dataset, { model }));
    const needed = await remove(`/v1/models/${model}`).expect(409);
    assert.equal(needed.body.code, 'recordInUse');
    assert.match(JSON.stringify(needed.body.errors), new RegExp(next.id));
  });

  test('knows nothing of records that are not there', async (t) => {
    const { url, remove } = await open(t);
    await remove(`/v1/jobs/${newId('job')}`).expect(404);
    await remove(`/v1/models/${newId('model')}`).expect(404);
    await request(url)
      .post(`/v1/trash/${newId('job')}/restore`)
      .expect(404);
  });
});
