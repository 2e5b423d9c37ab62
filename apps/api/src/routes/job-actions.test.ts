import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BulkResult, Job, JobList, newId, TagLimit } from '@scion/schema';
import request from 'supertest';
import { finetuneBody, pretrainBody } from '../testkit/job-bodies.ts';
import { runJob, startAttempt } from '../testkit/run-job.ts';
import { startTestApp } from '../testkit/test-app.ts';

/** An app with a data set, and what submits a job to it. */
async function open(t: Parameters<typeof startTestApp>[0]) {
  const app = await startTestApp(t);
  const dataset = await app.addReadyDataset();
  const post = (path: string, body?: object) => request(app.url).post(path).send(body);
  const submit = async (overrides: Record<string, unknown> = {}) =>
    (await post('/v1/jobs', pretrainBody(dataset, overrides)).expect(201)).body as Job;
  return { ...app, app, dataset, post, submit };
}

const pathsOf = ({ body }: { body: { errors: { path: string }[] } }) => body.errors.map(({ path }) => path);

suite('actions on a job', () => {
  test('pause and resume one that waits, with no body', async (t) => {
    const { post, submit } = await open(t);
    const { id } = await submit();
    const paused = Job.parse((await post(`/v1/jobs/${id}/pause`).expect(200)).body);
    assert.deepEqual([paused.state, paused.queue], ['paused', null]);
    const resumed = Job.parse((await post(`/v1/jobs/${id}/resume`).expect(200)).body);
    assert.deepEqual([resumed.state, resumed.queue?.position], ['queued', 1]);
  });

  test('ask the trainer of one that runs', async (t) => {
    const { post, submit, services } = await open(t);
    const { id } = await submit();
    await startAttempt(services, id);
    for (const [action, stopRequested] of [
      ['pause', 'pause'],
      ['stop', 'keep'],
      ['cancel', 'cancel'],
    ] as const) {
      const { body } = await post(`/v1/jobs/${id}/${action}`).expect(200);
      assert.deepEqual([body.state, body.stopRequested], ['running', stopRequested]);
    }
  });

  test('are refused with the state of the job and what it takes', async (t) => {
    const { post, submit } = await open(t);
    const { id } = await submit();
    const { body } = await post(`/v1/jobs/${id}/resume`).expect(409);
    assert.equal(body.code, 'conflict');
    assert.match(body.detail, /is queued and cannot be resumed: it can be paused, stopped or cancelled$/);
    assert.deepEqual(body.errors, [{ path: 'state', message: 'queued; possible: pause, stop, cancel' }]);
  });

  test('retry one that was cancelled, with a body or without, once for each Idempotency-Key', async (t) => {
    const { url, post, submit } = await open(t);
    const { id } = await submit();
    const retry = (body?: object) => request(url).post(`/v1/jobs/${id}/retry`).set('idempotency-key', 'again').send(body);
    await post(`/v1/jobs/${id}/cancel`).expect(200);
    assert.equal((await retry({ from: 'start' }).expect(200)).body.state, 'queued');
    const replayed = await retry({ from: 'start' }).expect(200);
    assert.equal(replayed.headers['idempotency-replayed'], 'true');
    assert.equal((await retry({ from: 'checkpoint' }).expect(422)).body.code, 'idempotencyKeyReused');
    await post(`/v1/jobs/${id}/cancel`).expect(200);
    assert.equal((await post(`/v1/jobs/${id}/retry`).expect(200)).body.state, 'queued');
    assert.deepEqual(pathsOf(await post(`/v1/jobs/${id}/retry`, { from: 'nowhere' }).expect(422)), ['from']);
  });

  test('extend one that has succeeded, and name the field where that is no more than before', async (t) => {
    const { app, post, submit } = await open(t);
    const { id } = await submit();
    await runJob(app, id);
    assert.deepEqual(pathsOf(await post(`/v1/jobs/${id}/extend`, { training: { epochs: 1 } }).expect(422)), ['training.epochs']);
    assert.deepEqual(pathsOf(await post(`/v1/jobs/${id}/extend`, {}).expect(422)), ['training']);
    const { body } = await post(`/v1/jobs/${id}/extend`, { training: { epochs: 5 } }).expect(200);
    assert.deepEqual([body.state, body.result, body.spec.training.epochs], ['queued', null, 5]);
  });

  test('are not found for a job that does not exist', async (t) => {
    const { post } = await open(t);
    for (const action of ['pause', 'resume', 'stop', 'cancel', 'retry', 'clone']) {
      assert.equal((await post(`/v1/jobs/${newId('job')}/${action}`).expect(404)).body.code, 'notFound', action);
    }
  });
});

suite('chains', () => {
  test('are accepted as a whole: the first waits for a slot, the others for those before them', async (t) => {
    const { app, post, dataset } = await open(t);
    const chain = {
      kind: 'chain',
      jobs: [
        { as: 'first', ...pretrainBody(dataset, { name: 'first' }) },
        { as: 'second', ...finetuneBody(dataset, { job: 'first' }, { name: 'second' }) },
        pretrainBody(dataset, { name: 'third', dependsOn: ['first', 'second'] }),
      ],
    };
    const { data } = JobList.parse((await post('/v1/jobs', chain).expect(201)).body);
    assert.deepEqual(
      data.map(({ name, state }) => [name, state]),
      [
        ['first', 'queued'],
        ['second', 'blocked'],
        ['third', 'blocked'],
      ],
    );
    const [first, second, third] = data.map(({ id }) => id);
    assert.deepEqual(data[1]?.spec.from, { job: first });
    assert.deepEqual(data[2]?.spec.dependsOn, [first, second]);
    assert.ok(first && second && third);
    for (const [id, next] of [
      [first, second],
      [second, third],
    ] as const) {
      await runJob(app, id);
      assert.equal((await app.services.jobs.get(next)).state, 'queued');
    }
  });

  test('are made once for each Idempotency-Key', async (t) => {
    const { url, dataset } = await open(t);
    const jobs = [
      { as: 'a', ...pretrainBody(dataset) },
      { as: 'b', ...finetuneBody(dataset, { job: 'a' }) },
    ];
    const submit = () => request(url).post('/v1/jobs').set('idempotency-key', 'chain').send({ kind: 'chain', jobs }).expect(201);
    const [first, again] = [await submit(), await submit()];
    assert.deepEqual(
      again.body.data.map(({ id }: Job) => id),
      first.body.data.map(({ id }: Job) => id),
    );
    assert.equal(again.headers['idempotency-replayed'], 'true');
    assert.equal((await request(url).get('/v1/jobs')).body.data.length, 2);
  });

  test('name the place of what is wrong, and leave nothing behind', async (t) => {
    const { url, post, dataset } = await open(t);
    const a = { as: 'a', ...pretrainBody(dataset) };
    const cases: [string, object[], string][] = [
      ['a field', [a, pretrainBody(dataset, { training: { epochs: 0 } })], 'jobs.1.training.epochs'],
      ['a name that stands for nothing', [a, finetuneBody(dataset, { job: 'b' })], 'jobs.1.from.job'],
      ['a name of a later job', [pretrainBody(dataset, { dependsOn: ['a'] }), a], 'jobs.0.dependsOn.0'],
      ['a name that is used twice', [a, a], 'jobs.1.as'],
      ['a name that is none', [{ ...a, as: 'Not One' }], 'jobs.0.as'],
      ['a data set', [a, pretrainBody(newId('dataset'))], 'jobs.1.dataset.id'],
      ['no jobs', [], 'jobs'],
    ];
    for (const [what, jobs, path] of cases) {
      assert.deepEqual(pathsOf(await post('/v1/jobs', { kind: 'chain', jobs }).expect(422)), [path], what);
    }
    assert.deepEqual((await request(url).get('/v1/jobs')).body.data, []);
  });

  test('a dependency that fails takes the rest of the chain along, by name', async (t) => {
    const { services, post, dataset } = await open(t);
    const jobs = [
      { as: 'a', ...pretrainBody(dataset) },
      { as: 'b', ...finetuneBody(dataset, { job: 'a' }) },
      finetuneBody(dataset, { job: 'b' }),
    ];
    const { data } = JobList.parse((await post('/v1/jobs', { kind: 'chain', jobs }).expect(201)).body);
    const [a, b, c] = data.map(({ id }) => id);
    assert.ok(a && b && c);
    const attempt = await startAttempt(services, a);
    await services.attempts.finish(attempt.ref, { type: 'failed', code: 'diverged', message: 'NaN' }, []);
    for (const [id, broken] of [
      [b, a],
      [c, b],
    ] as const) {
      const { state, error } = await services.jobs.get(id);
      assert.deepEqual([state, error?.code], ['failed', 'dependencyFailed']);
      assert.match(error?.message ?? '', new RegExp(broken));
    }
  });
});

suite('clones', () => {
  test('are the same job again, but for the patch', async (t) => {
    const { url, post, submit } = await open(t);
    const original = await submit({ name: 'original', tags: ['x'], deadlineMinutes: 60 });
    const patch = { name: 'clone', deadlineMinutes: null, training: { optimizer: { learningRate: 0.5 } } };
    const response = await post(`/v1/jobs/${original.id}/clone`, patch).expect(201);
    const clone = Job.parse(response.body);
    assert.equal(response.headers.location, `/v1/jobs/${clone.id}`);
    assert.notEqual(clone.id, original.id);
    const { training, ...rest } = original.spec as unknown as { training: { optimizer: object } };
    const expected = {
      ...rest,
      name: 'clone',
      deadlineMinutes: null,
      training: { ...training, optimizer: { ...training.optimizer, learningRate: 0.5 } },
    };
    assert.deepEqual(clone.spec, expected);
    const plain = Job.parse((await post(`/v1/jobs/${original.id}/clone`).expect(201)).body);
    assert.deepEqual(plain.spec, original.spec);
    assert.equal((await request(url).get('/v1/jobs')).body.data.length, 3);
  });

  test('of a finetune start from what it started from', async (t) => {
    const { app, post, submit, dataset } = await open(t);
    const first = await submit();
    await runJob(app, first.id);
    const { body: original } = await post('/v1/jobs', finetuneBody(dataset, { job: first.id })).expect(201);
    const { body: clone } = await post(`/v1/jobs/${original.id}/clone`, {}).expect(201);
    assert.deepEqual(clone.spec, original.spec);
  });

  test('are refused with the path of what the patch made wrong', async (t) => {
    const { post, submit } = await open(t);
    const { id } = await submit();
    assert.deepEqual(pathsOf(await post(`/v1/jobs/${id}/clone`, { training: { epochs: -1 } }).expect(422)), ['training.epochs']);
    assert.deepEqual(pathsOf(await post(`/v1/jobs/${id}/clone`, { colour: 'green' }).expect(422)), ['colour']);
  });
});

suite('bulk actions', () => {
  test('say for each id what came of it', async (t) => {
    const { post, submit } = await open(t);
    const [one, two] = [await submit(), await submit()];
    const unknown = newId('job');
    await post(`/v1/jobs/${two.id}/cancel`).expect(200);
    const { body } = await post('/v1/jobs/bulk', { action: 'cancel', ids: [one.id, two.id, unknown] }).expect(200);
    const { data } = BulkResult.parse(body);
    assert.deepEqual(
      data.map(({ id, state, error }) => [id, state, error?.code ?? null]),
      [
        [one.id, 'cancelled', null],
        [two.id, 'cancelled', 'conflict'],
        [unknown, null, 'notFound'],
      ],
    );
  });

  test('of a filter reach the jobs whose state takes the action', async (t) => {
    const { post, submit } = await open(t);
    const tagged = [await submit({ tags: ['x'] }), await submit({ tags: ['x'] })];
    await submit();
    await post(`/v1/jobs/${tagged[0]?.id}/cancel`).expect(200);
    const { body } = await post('/v1/jobs/bulk', { action: 'pause', filter: { tag: 'x' } }).expect(200);
    assert.deepEqual(body, { data: [{ id: tagged[1]?.id, state: 'paused', error: null }], hasMore: false });
  });

  test('need either ids or a filter', async (t) => {
    const { post } = await open(t);
    await post('/v1/jobs/bulk', { action: 'cancel' }).expect(422);
    await post('/v1/jobs/bulk', { action: 'cancel', ids: [newId('job')], filter: {} }).expect(422);
  });
});

test('limits of tags are set, listed and removed', async (t) => {
  const { url, submit, services } = await open(t);
  const limits = () => request(url).get('/v1/limits').expect(200);
  const { id } = await submit({ tags: ['big'] });
  await startAttempt(services, id);
  const { body } = await request(url).put('/v1/limits/big').send({ maxRunning: 2 }).expect(200);
  assert.deepEqual([TagLimit.parse(body).maxRunning, body.running], [2, 1]);
  await request(url).put('/v1/limits/big').send({ maxRunning: 3 }).expect(200);
  assert.deepEqual(
    (await limits()).body.data.map(({ tag, maxRunning }: TagLimit) => [tag, maxRunning]),
    [['big', 3]],
  );
  assert.deepEqual(pathsOf(await request(url).put('/v1/limits/big').send({ maxRunning: -1 }).expect(422)), ['maxRunning']);
  await request(url).delete('/v1/limits/big').expect(204);
  await request(url).delete('/v1/limits/big').expect(404);
  assert.deepEqual((await limits()).body.data, []);
});
