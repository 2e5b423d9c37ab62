import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@scion/jobs/testkit';
import { CreateApiKey, type CreateApiKeyInput } from '@scion/schema';
import request from 'supertest';
import { startTestApp, type TestApp } from '../testkit/test-app.ts';

const makeKey = ({ services }: TestApp, key: Omit<CreateApiKeyInput, 'name'> = {}) =>
  services.keys.create(CreateApiKey.parse({ name: 'of a test', ...key }));

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

test('a server that asks for keys answers no route without one that works, and says nothing of what there is', async (t) => {
  const app = await startTestApp(t, { limits: { requiresKey: true } });
  const { key } = await makeKey(app);
  for (const headers of [{}, bearer('scion_nonsense'), bearer(`${key.slice(0, -1)}~`), { authorization: `Basic ${key}` }]) {
    const { body, headers: answered } = await request(app.url).get('/v1/jobs').set(headers).expect(401);
    assert.equal(body.code, 'unauthenticated');
    assert.equal(answered['www-authenticate'], 'Bearer realm="scion"');
  }
  await request(app.url).get(`/v1/jobs?api_key=${key}`).expect(401);
  await request(app.url).get('/v1/jobs').set(bearer(key)).expect(200);
  for (const open of ['/healthz', '/readyz', '/openapi.json']) await request(app.url).get(open).expect(200);
});

test('a key does what its scopes say, until it expires, is revoked or replaced', async (t) => {
  const app = await startTestApp(t, { limits: { requiresKey: true } });
  const reader = await makeKey(app, { scopes: ['read'] });
  const admin = await makeKey(app, { scopes: ['read', 'submit', 'admin'] });
  const brief = await makeKey(app, { expiresInDays: 1e-9 });
  await request(app.url).post('/v1/jobs/bulk').set(bearer(reader.key)).send({}).expect(403);
  await request(app.url).get('/v1/keys').set(bearer(reader.key)).expect(403);
  await request(app.url).get('/v1/jobs').set(bearer(brief.key)).expect(401);

  const asAdmin = bearer(admin.key);
  const made = await request(app.url).post('/v1/keys').set(asAdmin).send({ name: 'nightly', project: 'vision' }).expect(201);
  assert.match(made.body.key, /^scion_[0-9A-Za-z]{36}$/);
  const listed = await request(app.url).get('/v1/keys').set(asAdmin).expect(200);
  assert.ok(!JSON.stringify(listed.body).includes(made.body.key));
  const stored = await app.database.pool.query('select * from api_keys');
  assert.ok(!JSON.stringify(stored.rows).includes(made.body.key.slice(made.body.start.length)), 'no part beside the shown start');

  const rotated = await request(app.url)
    .post(made.headers['location'] + '/rotate')
    .set(asAdmin)
    .send({ graceMinutes: 1 })
    .expect(201);
  const current = async (key: string) => (await request(app.url).get('/v1/keys/current').set(bearer(key))).status;
  assert.deepEqual([await current(made.body.key), await current(rotated.body.key)], [200, 200]);
  await request(app.url)
    .delete(made.headers['location'] ?? '')
    .set(asAdmin)
    .expect(204);
  assert.deepEqual([await current(made.body.key), await current(rotated.body.key)], [401, 200]);
  await request(app.url)
    .post(made.headers['location'] + '/rotate')
    .set(asAdmin)
    .expect(409);
  const { body } = await request(app.url).get('/v1/keys?project=vision').set(asAdmin).expect(200);
  assert.deepEqual(
    body.data.map(({ lastUsedAt }: { lastUsedAt: string | null }) => lastUsedAt !== null),
    [true, true],
  );
});

test('the first admin key comes from the operator, and no second one does', async (t) => {
  const { services } = await startTestApp(t);
  const { makeToken } = await import('@scion/jobs/key-token');
  const [first, second] = [makeToken(), makeToken()];
  const atOnce = await Promise.all([services.keys.adopt(first), services.keys.adopt(first)]);
  assert.deepEqual(atOnce.sort(), [false, true]);
  assert.equal(await services.keys.adopt(second), false);
  assert.equal(await services.keys.authenticate(second), null);
  await assert.rejects(services.keys.adopt('scion_short'));
});

test('what keys do to change something stands in the audit log, with its answer', async (t) => {
  const app = await startTestApp(t, { limits: { requiresKey: true } });
  const admin = await makeKey(app, { scopes: ['read', 'submit', 'admin'], project: 'ops' });
  const asAdmin = bearer(admin.key);
  await request(app.url).get('/v1/jobs').set(asAdmin).expect(200);
  const set = await request(app.url).put('/v1/limits/gpu').set(asAdmin).send({ maxRunning: 2 }).expect(200);
  const upload = await request(app.url).post('/v1/uploads').set(asAdmin).send({ fileName: 'a', sizeBytes: 3 }).expect(201);
  await request(app.url).delete('/v1/limits/none').set(asAdmin).expect(404);
  const { body } = await request(app.url).get('/v1/audit').set(asAdmin).expect(200);
  const told = body.data.map(({ action, record, status, key, project }: Record<string, unknown>) => ({
    action,
    record,
    status,
    key,
    project,
  }));
  const who = { key: admin.id, project: 'ops' };
  assert.deepEqual(told, [
    { action: 'DELETE /v1/limits/:tag', record: 'none', status: 404, ...who },
    { action: 'POST /v1/uploads', record: upload.body.id, status: 201, ...who },
    { action: 'PUT /v1/limits/:tag', record: 'gpu', status: 200, ...who },
  ]);
  assert.equal(body.data[2].requestId, set.headers['x-request-id']);
});

test('requests are counted for each key, and clients are told how many are left', async (t) => {
  const perMinute = { reads: 5, changes: 2, failedLogins: 3 };
  const app = await startTestApp(t, { limits: { requiresKey: true, perMinute } });
  const [one, other] = [await makeKey(app), await makeKey(app)];
  const read = (key: string) => request(app.url).get('/v1/jobs').set(bearer(key));
  for (let left = 4; left >= 0; left--)
    assert.equal((await read(one.key).expect(200)).headers['ratelimit-remaining'], String(left));
  const { body, headers } = await read(one.key).expect(429);
  assert.equal(body.code, 'rateLimited');
  assert.ok(Number(headers['retry-after']) > 2 && Number(headers['retry-after']) <= 60);
  assert.equal(headers['ratelimit-limit'], '5');
  await read(other.key).expect(200);

  const change = () => request(app.url).post('/v1/uploads').set(bearer(one.key)).send({ fileName: 'a', sizeBytes: 1 });
  assert.deepEqual([(await change()).status, (await change()).status, (await change()).status], [201, 201, 429]);
  const wrong = () => request(app.url).get('/v1/jobs').set(bearer('scion_wrong'));
  const answers = [(await wrong()).status, (await wrong()).status, (await wrong()).status, (await wrong()).status];
  assert.deepEqual(answers, [401, 401, 401, 429]);
  await read(other.key).expect(200); // From the same address
});

test('a key has so many event streams, and no more', async (t) => {
  const app = await startTestApp(t, { limits: { requiresKey: true, atOnce: { streams: 1, uploads: 1 } } });
  const { key } = await makeKey(app);
  const { services } = app;
  const project = services.forProject({
    project: 'default',
    owner: null,
    quotas: { waitingJobs: null, storageBytes: null, waitingJobsInAll: null },
  });
  const { exampleSpec } = await import('@scion/jobs/testkit');
  const { job } = await project.jobs.submit({ spec: exampleSpec(await app.addReadyDataset()) });
  const open = async () => {
    const cut = new AbortController();
    const headers = { ...bearer(key), accept: 'text/event-stream' };
    const { status } = await fetch(`${app.url}/v1/jobs/${job.id}/events`, { headers, signal: cut.signal });
    return { status, close: () => cut.abort() };
  };
  const first = await open();
  assert.deepEqual([first.status, (await open()).status], [200, 429]);
  await request(app.url).get(`/v1/jobs/${job.id}/events`).set(bearer(key)).expect(200);
  first.close();
  const again = await eventually(async () => {
    const stream = await open();
    return stream.status === 200 && stream;
  });
  again.close();
});
