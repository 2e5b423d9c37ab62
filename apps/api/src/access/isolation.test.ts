import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateApiKey, newId } from '@scion/schema';
import request from 'supertest';
import { finetuneBody, pretrainBody } from '../testkit/job-bodies.ts';
import { runJob } from '../testkit/run-job.ts';
import { startTestApp, type TestApp } from '../testkit/test-app.ts';

type Operation = { method: 'get' | 'post' | 'put' | 'delete'; path: string };

/** Every route with an id in its path, from the description that the server gives of itself. */
async function routesWithIds({ url }: TestApp): Promise<Operation[]> {
  const { body } = await request(url).get('/openapi.json');
  const methods = ['get', 'post', 'put', 'delete'] as const;
  return Object.entries(body.paths as Record<string, object>).flatMap(([path, operations]) =>
    path.includes('{id}') ? methods.filter((method) => method in operations).map((method) => ({ method, path })) : [],
  );
}

/** Bodies that the routes take, so that it is the record that they stumble over. */
const bodies: Readonly<Record<string, object>> = {
  extend: { training: { epochs: 99 } },
  predict: { inputs: [{ image: 'aGk=' }] },
};

async function startTwoProjects(t: Parameters<typeof startTestApp>[0]) {
  const app = await startTestApp(t, {
    limits: { requiresKey: true, perMinute: { reads: 9999, changes: 9999, failedLogins: 99 } },
  });
  const keyOf = async (project: string) =>
    (await app.services.keys.create(CreateApiKey.parse({ name: project, project, scopes: ['read', 'submit'] }))).key;
  const [mine, theirs] = [await keyOf('mine'), await keyOf('theirs')];
  const as = (key: string, { method, path }: Operation) => request(app.url)[method](path).set('authorization', `Bearer ${key}`);
  return { app, mine, theirs, as };
}

test('no route finds a record of another project, whatever id it is given', async (t) => {
  const { app, mine, theirs, as } = await startTwoProjects(t);
  const dataset = await app.addReadyDataset();
  await app.database.pool.query(`update datasets set project = 'mine'`);
  const submitted = await as(mine, { method: 'post', path: '/v1/jobs' }).send(pretrainBody(dataset)).expect(201);
  const job: string = submitted.body.id;
  assert.equal(submitted.body.project, 'mine');
  const { checkpoint, model } = await runJob(app, job);
  const upload: string = (await as(mine, { method: 'post', path: '/v1/uploads' }).send({ fileName: 'a', sizeBytes: 3 })).body.id;

  const ids: Record<string, string> = {
    jobs: job,
    datasets: dataset,
    models: model,
    checkpoints: checkpoint,
    uploads: upload,
    trash: job,
  };
  const routes = (await routesWithIds(app)).filter(({ path }) => !path.startsWith('/v1/keys/'));
  assert.ok(routes.length >= 25, `${routes.length} routes`);
  for (const route of routes) {
    const [, , resource = '', , action = ''] = route.path.split('/');
    const id = ids[resource];
    assert.ok(id !== undefined, `no record to try ${route.path} with`);
    const operation = { ...route, path: route.path.replace('{id}', id).replace('{part}', '0').replace('{name}', 'map.json') };
    const sent = as(theirs, operation).set('accept', 'application/json');
    const answer =
      route.method === 'get'
        ? await sent
        : await (route.method === 'put' ? sent.type('application/octet-stream').send('abc') : sent.send(bodies[action] ?? {}));
    assert.equal(
      answer.status,
      404,
      `${route.method} ${operation.path} answered ${answer.status} ${JSON.stringify(answer.body)}`,
    );
    // The same as for a record that there never was
    assert.ok(!JSON.stringify(answer.body).includes('mine'));
  }
  const stream = await as(theirs, { method: 'get', path: `/v1/jobs/${job}/events` }).set('accept', 'text/event-stream');
  assert.equal(stream.status, 404);
  for (const path of ['', '/events', '/metrics', '/logs', '/checkpoints']) {
    await as(mine, { method: 'get', path: `/v1/jobs/${job}${path}` }).expect(200);
  }
});

test('no list shows, and no body can name, a record of another project', async (t) => {
  const { app, mine, theirs, as } = await startTwoProjects(t);
  const dataset = await app.addReadyDataset();
  await app.database.pool.query(`update datasets set project = 'mine'`);
  const other = await app.addReadyDataset();
  await app.database.pool.query(`update datasets set project = 'theirs' where id = $1`, [other]);
  const submit = (key: string, body: object) => as(key, { method: 'post', path: '/v1/jobs' }).send(body);
  const job: string = (await submit(mine, pretrainBody(dataset, { tags: ['shared'] })).expect(201)).body.id;
  const { checkpoint, model } = await runJob(app, job);
  const waiting: string = (await submit(mine, pretrainBody(dataset, { tags: ['shared'] })).expect(201)).body.id;

  for (const list of ['jobs', 'datasets', 'models', 'trash']) {
    const { body } = await as(theirs, { method: 'get', path: `/v1/${list}` }).expect(200);
    assert.ok(
      body.data.every(({ id }: { id: string }) => id === other),
      list,
    );
  }
  assert.equal((await as(theirs, { method: 'get', path: '/v1/queue' })).body.jobs.queued, 0);
  const named: [string, object][] = [
    ['dataset.id', pretrainBody(dataset)],
    ['from.job', finetuneBody(other, { job })],
    ['from.model', finetuneBody(other, { model })],
    ['from.checkpoint', finetuneBody(other, { checkpoint })],
    ['dependsOn.0', pretrainBody(other, { dependsOn: [waiting] })],
  ];
  for (const [path, body] of named) {
    const { body: problem } = await submit(theirs, body).expect(422);
    assert.equal(problem.errors[0].path, path);
  }
  const bulk = (body: object) => as(theirs, { method: 'post', path: '/v1/jobs/bulk' }).send(body).expect(200);
  assert.equal((await bulk({ action: 'cancel', ids: [waiting] })).body.data[0].error.code, 'notFound');
  assert.deepEqual((await bulk({ action: 'cancel', filter: { tag: 'shared' } })).body.data, []);
  assert.equal((await app.services.jobs.get(waiting)).state, 'queued');

  // The same name of a limit, and the same Idempotency-Key, mean different things in different projects.
  await as(theirs, { method: 'put', path: '/v1/limits/shared' }).send({ maxRunning: 0 }).expect(200);
  assert.deepEqual((await as(mine, { method: 'get', path: '/v1/limits' })).body.data, []);
  assert.ok(await app.services.attempts.claim({ jobId: waiting, workerId: newId('worker'), leaseMs: 1000 }), 'not held back');
  const once = async (key: string, id: string) =>
    (await submit(key, pretrainBody(id)).set('idempotency-key', 'same').expect(201)).body.id;
  assert.notEqual(await once(mine, dataset), await once(theirs, other));
});

test('a project has what its quotas let it have', async (t) => {
  const quotas = { waitingJobs: 2, storageBytes: 1500, waitingJobsInAll: 3 };
  const app = await startTestApp(t, { limits: { requiresKey: true, quotas } });
  const { key } = await app.services.keys.create(CreateApiKey.parse({ name: 'small' }));
  const post = (path: string, body: object) => request(app.url).post(path).set('authorization', `Bearer ${key}`).send(body);
  const dataset = await app.addReadyDataset(); // Of 1000 bytes
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await post('/v1/jobs', pretrainBody(dataset))).status);
  assert.deepEqual(statuses, [201, 201, 429]);
  const chain = await post('/v1/jobs', { kind: 'chain', jobs: [pretrainBody(dataset)] }).expect(429);
  assert.equal(chain.body.code, 'quotaExceeded');
  assert.ok(chain.headers['retry-after']);
  await post('/v1/uploads', { fileName: 'a', sizeBytes: 501 }).expect(507);
  await post('/v1/uploads', { fileName: 'a', sizeBytes: 500 }).expect(201);
});
