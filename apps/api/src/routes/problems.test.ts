import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { newId, Problem } from '@scion/schema';
import request from 'supertest';
import { startTestApp, type TestApp } from '../testkit/test-app.ts';

/** Sends bytes as they are and gives the whole answer. */
async function sendRaw(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.end(text);
  let answer = '';
  for await (const piece of socket) answer += piece;
  return answer;
}

suite('every error is a problem document', () => {
  test('malformed JSON', async (t) => {
    const { url } = await startTestApp(t);
    for (const text of ['{"kind": ', '{kind: 1}', '{"__proto__": {"a": 1}}', 'x']) {
      const response = await request(url).post('/v1/jobs').set('content-type', 'application/json').send(text).expect(400);
      assert.equal(response.type, 'application/problem+json');
      assert.equal(response.body.code, 'malformedJson');
      assert.deepEqual(Problem.parse(response.body), response.body);
    }
  });

  test('no body, and a body that is no object', async (t) => {
    const { url } = await startTestApp(t);
    assert.equal((await request(url).post('/v1/jobs').expect(422)).body.code, 'validationFailed');
    const list = await request(url).post('/v1/jobs').send([1]).expect(422);
    assert.equal(list.body.code, 'validationFailed');
  });

  test('a JSON body over the limit', async (t) => {
    const { url } = await startTestApp(t);
    const { body } = await request(url)
      .post('/v1/jobs')
      .send({ name: 'x'.repeat(300 * 1024) })
      .expect(413);
    assert.equal(body.code, 'bodyTooLarge');
  });

  test('a content type that is not read', async (t) => {
    const { url } = await startTestApp(t);
    for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x']) {
      const { body } = await request(url).post('/v1/jobs').set('content-type', type).send('x').expect(415);
      assert.equal(body.code, 'unsupportedMediaType');
    }
  });

  test('a path that does not exist', async (t) => {
    const { url } = await startTestApp(t);
    for (const path of ['/v1', '/v1/job', '/v1/jobs/x/y', '/V1/jobs', '/v2/jobs', '/v1/jobs/%00/cancel/x']) {
      const { body } = await request(url).get(path).expect(404);
      assert.equal(body.code, 'routeNotFound', path);
    }
  });

  test('a method that a path does not answer, with those that it does', async (t) => {
    const { url } = await startTestApp(t);
    const id = newId('job');
    for (const [method, path, allow] of [
      ['put', '/v1/jobs', 'GET, HEAD, POST'],
      ['put', `/v1/jobs/${id}?x=1`, 'DELETE, GET, HEAD'],
      ['get', `/v1/jobs/${id}/cancel`, 'POST'],
      ['patch', `/v1/datasets/${newId('dataset')}`, 'DELETE, GET, HEAD'],
      ['post', '/openapi.json', 'GET, HEAD'],
    ] as const) {
      const response = await request(url)[method](path).expect(405);
      assert.equal(response.headers.allow, allow, path);
      assert.equal(response.body.code, 'methodNotAllowed');
    }
  });

  test('a URL and a request that are not valid HTTP', async (t) => {
    const { url } = await startTestApp(t);
    const badUrl = await sendRaw(url, 'GET /v1/jobs/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    assert.match(badUrl, /^HTTP\/1.1 400 /);
    assert.match(badUrl, /"code":"malformedRequest"/);
    const nonsense = await sendRaw(url, 'nonsense\r\n\r\n');
    assert.match(nonsense, /^HTTP\/1.1 400 [\s\S]*application\/problem\+json[\s\S]*"code":"malformedRequest"/);
  });

  test('an unforeseen error: logged with its cause, told without it', async (t) => {
    const testApp = await startTestApp(t);
    breakList(testApp, () => {
      throw new Error('password=hunter2', { cause: new Error('the cause') });
    });
    const { body, headers, text } = await request(testApp.url).get('/v1/jobs').expect(500);
    assert.equal(body.code, 'internal');
    assert.doesNotMatch(text, /hunter2/);
    assert.match(body.detail, new RegExp(headers['x-request-id']!));
    const line = testApp.log.find((entry) => entry.includes('hunter2'))!;
    assert.match(line, /the cause/);
    assert.equal(JSON.parse(line).reqId, headers['x-request-id']);
  });

  test('an answer that breaks its own schema: logged, told as internal', async (t) => {
    const testApp = await startTestApp(t);
    const { forProject } = testApp.services;
    testApp.services.forProject = (scope) => ({
      ...forProject(scope),
      queueStatus: async () => ({ backend: 'carrier pigeon' }) as never,
    });
    const { body } = await request(testApp.url).get('/v1/queue').expect(500);
    assert.equal(body.code, 'internal');
  });

  test('a database that is away: 503, worth another try', async (t) => {
    const testApp = await startTestApp(t, { database: { ping: () => Promise.reject(new Error('no')) } });
    breakList(testApp, () => {
      throw new Error('Failed query', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) });
    });
    const { body, headers } = await request(testApp.url).get('/v1/jobs').expect(503);
    assert.equal(body.code, 'unavailable');
    assert.ok(headers['retry-after']);
    const unready = await request(testApp.url).get('/readyz').expect(503);
    assert.deepEqual(
      [unready.body.status, unready.body.checks.database.ok, unready.body.checks.queue.ok],
      ['unready', false, true],
    );
    await request(testApp.url).get('/healthz').expect(200);
  });
});

/** Lets the list of jobs fail, for whoever asks. */
function breakList({ services }: TestApp, fail: () => never): void {
  const { forProject } = services;
  services.forProject = (scope) => {
    const own = forProject(scope);
    return { ...own, jobs: { ...own.jobs, list: async () => fail() } };
  };
}
