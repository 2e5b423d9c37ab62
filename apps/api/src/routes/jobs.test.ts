import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isTerminal, Job, newId, type Problem } from '@scion/schema';
import request from 'supertest';
import { finetuneBody, pretrainBody } from '../testkit/job-bodies.ts';
import { runJob, startAttempt } from '../testkit/run-job.ts';
import { startTestApp } from '../testkit/test-app.ts';

const pathsOf = (problem: Problem) => problem.errors.map((error) => error.path);

/** An app, and a job of it that an attempt runs. */
async function openWithRunning(t: Parameters<typeof startTestApp>[0]) {
  const app = await startTestApp(t);
  const body = pretrainBody(await app.addReadyDataset());
  const { id } = (await request(app.url).post('/v1/jobs').send(body).expect(201)).body as Job;
  return { ...app, id, attempt: await startAttempt(app.services, id) };
}

suite('POST /v1/jobs', () => {
  test('accepts a job, fills in every default, and says where it is', async (t) => {
    const { url, addReadyDataset } = await startTestApp(t);
    const dataset = await addReadyDataset();
    const response = await request(url)
      .post('/v1/jobs')
      .send(pretrainBody(dataset, { name: 'first', tags: ['demo'] }))
      .expect(201);
    const job = Job.parse(response.body);
    assert.equal(response.headers.location, `/v1/jobs/${job.id}`);
    assert.equal(job.state, 'queued');
    assert.equal(job.name, 'first');
    assert.deepEqual(job.queue, { position: 1, expectedStartAt: null });
    assert.deepEqual(job.spec.evaluate, { split: 'test', everyEpochs: 1, artifactsEveryEpochs: null });
    assert.deepEqual(job.spec.checkpoint, { everyEpochs: 1, everySteps: null, keep: 3, keepBest: null, keepEveryEpochs: null });
    const training = job.spec.training as Record<string, unknown>;
    assert.equal(training.epochs, 2);
    assert.deepEqual(training.optimizer, { type: 'sgd', learningRate: 0.01, momentum: 0.9, nesterov: false, weightDecay: 0 });
    const { body } = await request(url).get(response.headers.location!).expect(200);
    assert.deepEqual(body, response.body);
  });

  test('names the path of each field that is wrong', async (t) => {
    const { url, addReadyDataset } = await startTestApp(t);
    const body = pretrainBody(await addReadyDataset(), {
      training: { epochs: 0, optimizer: { type: 'sgd', learningRate: -1, momentun: 0.9 } },
      augment: [{ type: 'random-crop', size: 8 }, { type: 'random-crop' }],
      colour: 'green',
    });
    const response = await request(url).post('/v1/jobs').send(body).expect(422);
    assert.equal(response.type, 'application/problem+json');
    assert.equal(response.body.code, 'validationFailed');
    assert.equal(response.body.status, 422);
    assert.deepEqual(pathsOf(response.body).sort(), [
      'augment.1.size',
      'colour',
      'training.epochs',
      'training.optimizer.learningRate',
      'training.optimizer.momentun',
    ]);
  });

  test('names the ids there are where one is unknown', async (t) => {
    const { url, addReadyDataset } = await startTestApp(t);
    const body = pretrainBody(await addReadyDataset(), { backbone: { type: 'convnet-smal' }, kind: 'pretrain' });
    const { body: problem } = await request(url).post('/v1/jobs').send(body).expect(422);
    assert.deepEqual(pathsOf(problem), ['backbone.type']);
    const kind = await request(url)
      .post('/v1/jobs')
      .send({ ...body, kind: 'train' })
      .expect(422);
    assert.deepEqual(pathsOf(kind.body), ['kind']);
  });

  test('refuses what does not fit the data set', async (t) => {
    const { url, services, addReadyDataset } = await startTestApp(t);
    const dataset = await addReadyDataset();
    const validating = await services.datasets.create({ format: 'auto', fileName: 'x.zip', sizeBytes: 1 });
    const at = (fields: object) => pretrainBody(dataset, { dataset: { id: dataset, ...fields } });
    const cases: [string, Record<string, unknown>, number, string, string][] = [
      ['no such data set', pretrainBody(newId('dataset')), 422, 'validationFailed', 'dataset.id'],
      ['one that is validating', pretrainBody(validating.id), 409, 'datasetNotReady', 'dataset.id'],
      ['no such split', at({ split: 'trian' }), 422, 'specInvalid', 'dataset.split'],
      ['no such split to measure', pretrainBody(dataset, { evaluate: { split: 'dev' } }), 422, 'specInvalid', 'evaluate.split'],
      ['too few labels a class', at({ labels: { perClass: 11 } }), 422, 'specInvalid', 'dataset.labels.perClass'],
      ['too few labels in all', at({ labels: { count: 21 } }), 422, 'specInvalid', 'dataset.labels.count'],
      ['two ways to choose labels', at({ labels: { count: 2, perClass: 1 } }), 422, 'validationFailed', 'dataset.labels'],
    ];
    for (const [what, body, status, code, path] of cases) {
      const { body: problem } = await request(url).post('/v1/jobs').send(body).expect(status);
      assert.equal(problem.code, code, what);
      assert.ok(pathsOf(problem).includes(path), `${what}: ${JSON.stringify(problem)}`);
    }
    const { body: problem } = await request(url)
      .post('/v1/jobs')
      .send(at({ split: 'trian' }));
    assert.match(problem.detail, /no split "trian"; it has test, train/);
    assert.deepEqual((await request(url).get('/v1/jobs')).body.data, []);
  });

  test('starts from a job, its model or its checkpoint, and refuses what does not exist', async (t) => {
    const testApp = await startTestApp(t);
    const { url } = testApp;
    const dataset = await testApp.addReadyDataset();
    const first = (await request(url).post('/v1/jobs').send(pretrainBody(dataset)).expect(201)).body as Job;
    const waiting = await request(url)
      .post('/v1/jobs')
      .send(finetuneBody(dataset, { job: first.id }))
      .expect(201);
    assert.equal(waiting.body.state, 'blocked');
    const { model, checkpoint } = await runJob(testApp, first.id);
    const released = await request(url).get(`/v1/jobs/${waiting.body.id}`).expect(200);
    assert.equal(released.body.state, 'queued');
    const { backbone: _, ...pretrain } = pretrainBody(dataset);
    for (const from of [{ job: first.id }, { model }, { checkpoint }]) {
      for (const job of [finetuneBody(dataset, from), { ...pretrain, from }]) {
        const { body } = await request(url).post('/v1/jobs').send(job).expect(201);
        assert.equal(body.state, 'queued');
        assert.equal(body.spec.backbone.type, 'convnet-small');
        const clone = await request(url).post(`/v1/jobs/${body.id}/clone`).expect(201);
        assert.deepEqual(clone.body.spec, body.spec);
      }
    }
    const both = await request(url)
      .post('/v1/jobs')
      .send(pretrainBody(dataset, { from: { model } }))
      .expect(422);
    assert.deepEqual(pathsOf(both.body), ['backbone']);
    for (const [field, id] of [
      ['job', newId('job')],
      ['model', newId('model')],
      ['checkpoint', newId('checkpoint')],
    ] as const) {
      const { body } = await request(url)
        .post('/v1/jobs')
        .send(finetuneBody(dataset, { [field]: id }))
        .expect(422);
      assert.deepEqual(pathsOf(body), [`from.${field}`]);
    }
    const { body } = await request(url)
      .post('/v1/jobs')
      .send(pretrainBody(dataset, { dependsOn: [newId('job')] }))
      .expect(422);
    assert.deepEqual(pathsOf(body), ['dependsOn.0']);
  });

  test('learns from a teacher, which cannot be deleted meanwhile, and names the field where there is none', async (t) => {
    const testApp = await startTestApp(t);
    const { url, services } = testApp;
    const dataset = await testApp.addReadyDataset();
    const first = (await request(url).post('/v1/jobs').send(pretrainBody(dataset)).expect(201)).body as Job;
    const { model } = await runJob(testApp, first.id);
    const distilled = (teacher: string) =>
      pretrainBody(dataset, { method: { type: 'distillation', teacher: { model: teacher } } });
    const { body: job } = await request(url).post('/v1/jobs').send(distilled(model)).expect(201);
    assert.deepEqual(job.spec.teacher.backbone, first.spec['backbone']);
    await request(url).delete(`/v1/models/${model}`).expect(409);
    const claimed = await services.attempts.claim({ jobId: job.id, workerId: 'wkr_test', leaseMs: 10_000 });
    assert.equal(claimed?.run.teacher?.id, model);
    const { body: problem } = await request(url)
      .post('/v1/jobs')
      .send(distilled(newId('model')))
      .expect(422);
    assert.deepEqual(pathsOf(problem), ['method.teacher.model']);
  });

  test('refuses a source that was trained on other shapes', async (t) => {
    const testApp = await startTestApp(t);
    const coloured = await testApp.addReadyDataset();
    const grey = await testApp.addReadyDataset({ example: { shape: [8, 8, 1] } });
    const first = (await request(testApp.url).post('/v1/jobs').send(pretrainBody(coloured)).expect(201)).body as Job;
    const { body } = await request(testApp.url)
      .post('/v1/jobs')
      .send(finetuneBody(grey, { job: first.id }))
      .expect(422);
    assert.equal(body.code, 'shapeMismatch');
  });

  test('gives the same job to a repeated Idempotency-Key, and refuses another body with it', async (t) => {
    const { url, addReadyDataset } = await startTestApp(t);
    const body = pretrainBody(await addReadyDataset());
    const submit = (sent: object) => request(url).post('/v1/jobs').set('idempotency-key', 'k1').send(sent);
    const first = await submit(body).expect(201);
    assert.equal(first.headers['idempotency-replayed'], undefined);
    const again = await submit(body).expect(201);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    assert.equal(again.headers.location, first.headers.location);
    const reused = await submit({ ...body, name: 'other' }).expect(422);
    assert.equal(reused.body.code, 'idempotencyKeyReused');
    assert.equal((await request(url).get('/v1/jobs')).body.data.length, 1);
    const empty = await request(url).post('/v1/jobs').set('idempotency-key', 'x'.repeat(256)).send(body).expect(422);
    assert.deepEqual(pathsOf(empty.body), ['idempotency-key']);
  });
});

suite('jobs', () => {
  test('are listed newest first, page by page, and by state, kind and tag', async (t) => {
    const testApp = await startTestApp(t);
    const { url } = testApp;
    const dataset = await testApp.addReadyDataset();
    const submit = async (body: object) => (await request(url).post('/v1/jobs').send(body).expect(201)).body.id as string;
    const a = await submit(pretrainBody(dataset, { tags: ['x'] }));
    const b = await submit(pretrainBody(dataset, { tags: ['x', 'y'] }));
    const c = await submit(finetuneBody(dataset, { job: a }));
    const idsOf = async (query: string) =>
      (await request(url).get(`/v1/jobs${query}`).expect(200)).body.data.map((job: Job) => job.id);
    assert.deepEqual(await idsOf(''), [c, b, a]);
    assert.deepEqual(await idsOf('?limit=2'), [c, b]);
    assert.deepEqual(await idsOf(`?limit=2&after=${b}`), [a]);
    assert.deepEqual(await idsOf('?state=blocked'), [c]);
    assert.deepEqual(await idsOf('?kind=pretrain'), [b, a]);
    assert.deepEqual(await idsOf('?tag=y'), [b]);
    for (const [query, path] of [
      ['?limit=0', 'limit'],
      ['?state=done', 'state'],
      ['?colour=green', 'colour'],
    ] as const) {
      const { body } = await request(url).get(`/v1/jobs${query}`).expect(422);
      assert.deepEqual(pathsOf(body), [path]);
    }
  });

  test('are cancelled at once while they wait, with or without a body', async (t) => {
    const { url, addReadyDataset } = await startTestApp(t);
    const dataset = await addReadyDataset();
    const cancels = [
      (id: string) => request(url).post(`/v1/jobs/${id}/cancel`),
      (id: string) => request(url).post(`/v1/jobs/${id}/cancel`).set('content-type', 'application/json'),
      (id: string) => request(url).post(`/v1/jobs/${id}/cancel`).set('content-type', 'application/json').send('{}'),
    ];
    for (const cancel of cancels) {
      const { id } = (await request(url).post('/v1/jobs').send(pretrainBody(dataset)).expect(201)).body as Job;
      const { body } = await cancel(id).expect(200);
      assert.equal(body.state, 'cancelled');
      const again = await cancel(id).expect(409);
      assert.equal(again.body.code, 'conflict');
    }
    const unknown = await request(url)
      .post(`/v1/jobs/${newId('job')}/cancel`)
      .expect(404);
    assert.equal(unknown.body.code, 'notFound');
  });

  test('that run are asked to stop', async (t) => {
    const { url, id } = await openWithRunning(t);
    const { body } = await request(url).post(`/v1/jobs/${id}/cancel`).expect(200);
    assert.deepEqual([body.state, body.stopRequested, isTerminal(body.state)], ['running', 'cancel', false]);
  });

  test('answer 304 until something changes', async (t) => {
    const { url, id, attempt } = await openWithRunning(t);
    const { headers } = await request(url).get(`/v1/jobs/${id}`).expect(200);
    await request(url).get(`/v1/jobs/${id}`).set('if-none-match', headers.etag!).expect(304);
    await attempt.progress(1, { 'train/loss': 2 });
    const changed = await request(url).get(`/v1/jobs/${id}`).set('if-none-match', headers.etag!).expect(200);
    assert.equal(changed.body.metrics.latest['train/loss'], 2);
  });

  test('are held by the server until something changes, or until the time to wait is over', async (t) => {
    const { url, id, attempt, services } = await openWithRunning(t);
    const poll = (query: string) => request(url).get(`/v1/jobs/${id}?${query}`);
    const { headers } = await poll('wait=0').expect(200);
    await poll('wait=0.2').set('if-none-match', headers.etag!).expect(304);
    const held = poll('wait=60').set('if-none-match', headers.etag!).expect(200);
    const [answer] = await Promise.all([held, attempt.progress(1, { 'train/loss': 2 })]);
    assert.equal(answer.body.metrics.latest['train/loss'], 2);
    // What changed between two polls is told at once.
    await poll('wait=60').set('if-none-match', headers.etag!).expect(200);
    await request(url).post(`/v1/jobs/${id}/cancel`).expect(200);
    await services.attempts.finish(attempt.ref, { type: 'stopped', reason: 'cancel' }, []);
    const ended = await poll('wait=60').expect(200);
    assert.equal(ended.body.state, 'cancelled');
    const refused = await poll('wait=600').expect(422);
    assert.deepEqual(pathsOf(refused.body), ['wait']);
  });
});
