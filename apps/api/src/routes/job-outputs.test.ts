import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { createClient } from '@scion/client';
import { artifactKeys, Checkpoint, type Job, Model, newId, parameterFiles } from '@scion/schema';
import request from 'supertest';
import { pretrainBody } from '../testkit/job-bodies.ts';
import { runJob, startAttempt } from '../testkit/run-job.ts';
import { startTestApp, type TestApp } from '../testkit/test-app.ts';

async function submitJob({ url, addReadyDataset }: TestApp): Promise<string> {
  const { body } = await request(url)
    .post('/v1/jobs')
    .send(pretrainBody(await addReadyDataset()))
    .expect(201);
  return body.id;
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

suite('metrics', () => {
  test('come as columns, thinned out on request, and as CSV', async (t) => {
    const testApp = await startTestApp(t);
    const id = await submitJob(testApp);
    const attempt = await startAttempt(testApp.services, id);
    for (let step = 1; step <= 4; step++) await attempt.progress(step, { 'train/loss': 1 / step });
    const path = `/v1/jobs/${id}/metrics`;
    const all = await request(testApp.url).get(path).expect(200);
    assert.deepEqual(all.body, { data: { 'train/loss': { step: [1, 2, 3, 4], value: [1, 0.5, 1 / 3, 0.25] } } });
    const thin = await request(testApp.url).get(`${path}?every=2`).expect(200);
    assert.deepEqual(thin.body.data['train/loss'].step, [1, 3, 4]);
    const csv = await request(testApp.url).get(path).set('accept', 'text/csv').expect(200);
    assert.equal(csv.type, 'text/csv');
    assert.equal(csv.text.split('\r\n')[1], '1,1');
    await request(testApp.url).get(`${path}?every=0`).expect(422);
    await request(testApp.url)
      .get(`/v1/jobs/${newId('job')}/metrics`)
      .expect(404);
  });
});

suite('logs', () => {
  test('come whole, or of one attempt', async (t) => {
    const testApp = await startTestApp(t);
    const { url, store, services } = testApp;
    const id = await submitJob(testApp);
    assert.equal((await request(url).get(`/v1/jobs/${id}/logs`).expect(200)).text, '');
    const first = await startAttempt(services, id);
    await store.appendLine(artifactKeys.jobLog(id, 1), 'first line');
    assert.equal((await request(url).get(`/v1/jobs/${id}/logs`).expect(200)).text, 'first line\n');
    await services.attempts.attemptDied(first.ref, { code: 'trainerCrashed', message: 'exit status 1', logTail: [] });
    await startAttempt(services, id);
    await store.appendLine(artifactKeys.jobLog(id, 2), 'second try');
    const all = await request(url).get(`/v1/jobs/${id}/logs`).expect(200);
    assert.equal(all.type, 'text/plain');
    assert.equal(all.text, '--- attempt 1 ---\nfirst line\n--- attempt 2 ---\nsecond try\n');
    assert.equal((await request(url).get(`/v1/jobs/${id}/logs?attempt=2`).expect(200)).text, 'second try\n');
    await request(url).get(`/v1/jobs/${id}/logs?attempt=3`).expect(404);
    await request(url)
      .get(`/v1/jobs/${newId('job')}/logs`)
      .expect(404);
  });
});

suite('artifacts', () => {
  test('are listed, those of the latest step first, and their bytes match the hash of their records', async (t) => {
    const testApp = await startTestApp(t);
    const { url, store, services } = testApp;
    const id = await submitJob(testApp);
    const attempt = await startAttempt(services, id);
    const kind = 'embedding-map';
    const draw = async (step: number, body: string) => {
      const name = `${kind}-step-${step}.json`;
      const stored = await store.put(artifactKeys.jobArtifact(id, name), body);
      await attempt.report({ type: 'artifact', name, kind, mediaType: 'application/json', epoch: step / 4, step, ...stored });
      return name;
    };
    await draw(4, '{"first":true}');
    const name = await draw(12, '{"last":true}');
    await draw(4, '{"again":true}'); // as an attempt does that goes over the same steps

    const client = createClient({ url });
    const [latest] = (await client.jobs.artifacts(id, { limit: 1 })).data;
    assert.deepEqual([latest!.name, latest!.epoch, latest!.sizeBytes], [name, 3, 13]);
    const rest = await client.jobs.artifacts(id, { after: name });
    assert.deepEqual([rest.data.map(({ step }) => step), rest.hasMore], [[4], false]);
    assert.equal(await text(await client.jobs.downloadArtifact(id, rest.data[0]!.name)), '{"again":true}');

    const file = await request(url).get(latest!.url).expect(200);
    assert.deepEqual([file.type, file.headers.etag], ['application/json', `"${sha256(Buffer.from(file.text))}"`]);
    await request(url).get(latest!.url).set('if-none-match', file.headers.etag!).expect(304);
    const events = (await client.jobs.listEvents(id)).data.filter(({ type }) => type === 'artifact.saved');
    assert.deepEqual(
      events.map(({ data }) => data.step),
      [4, 12, 4],
    );
    for (const [path, status] of [
      [`/v1/jobs/${id}/artifacts/${kind}-step-5.json`, 404],
      [`/v1/jobs/${newId('job')}/artifacts`, 404],
      [`/v1/jobs/${id}/artifacts/..%2Fstatus.json`, 404],
    ] as const) {
      assert.equal((await request(url).get(path)).status, status, path);
    }
  });
});

suite('checkpoints and models', () => {
  test('are listed, and their parameters match the hash of their records', async (t) => {
    const testApp = await startTestApp(t);
    const { url } = testApp;
    const id = await submitJob(testApp);
    const { checkpoint: checkpointId, model: modelId } = await runJob(testApp, id);

    const page = await request(url).get(`/v1/jobs/${id}/checkpoints`).expect(200);
    const [checkpoint] = page.body.data.map((item: unknown) => Checkpoint.parse(item)) as Checkpoint[];
    assert.equal(checkpoint!.id, checkpointId);
    const { body: job } = (await request(url).get(`/v1/jobs/${id}`).expect(200)) as { body: Job };
    assert.equal(job.result!.model, modelId);
    const model = Model.parse((await request(url).get(`/v1/models/${modelId}`).expect(200)).body);
    assert.equal(model.job, id);
    assert.deepEqual((await request(url).get(`/v1/models?job=${id}`).expect(200)).body.data, [model]);
    assert.deepEqual(
      (
        await request(url)
          .get(`/v1/models?job=${newId('job')}`)
          .expect(200)
      ).body.data,
      [],
    );

    for (const record of [checkpoint!, model]) {
      const file = await request(url).get(record.url).buffer().expect(200);
      assert.equal(file.type, 'application/octet-stream');
      assert.equal(sha256(file.body), record.sha256);
      assert.equal(file.headers['content-length'], String(record.sizeBytes));
      assert.equal(file.headers.etag, `"${record.sha256}"`);
      assert.equal(file.headers['content-disposition'], `attachment; filename="${record.id}.safetensors"`);
      await request(url).get(record.url).set('if-none-match', file.headers.etag!).expect(304);
      const head = await request(url).head(record.url).expect(200);
      assert.equal(head.headers['content-length'], String(record.sizeBytes));
    }
  });

  test('that do not exist, or lost their files, are a problem document', async (t) => {
    const testApp = await startTestApp(t);
    const { url, store } = testApp;
    const id = await submitJob(testApp);
    const { checkpoint } = await runJob(testApp, id);
    await store.remove(`${artifactKeys.checkpoint(id, checkpoint)}/${parameterFiles.parameters}`);
    const gone = await request(url).get(`/v1/checkpoints/${checkpoint}`).expect(404);
    assert.match(gone.body.detail, /are gone/);
    assert.equal(gone.headers.etag, undefined);
    for (const path of [
      `/v1/checkpoints/${newId('checkpoint')}`,
      `/v1/jobs/${newId('job')}/checkpoints`,
      `/v1/models/${newId('model')}`,
      `/v1/models/${newId('model')}/parameters`,
      `/v1/models/${newId('job')}`,
    ]) {
      const { body, type } = await request(url).get(path).expect(404);
      assert.deepEqual([type, body.code], ['application/problem+json', 'notFound'], path);
    }
  });
});
