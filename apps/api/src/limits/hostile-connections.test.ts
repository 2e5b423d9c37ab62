import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import request from 'supertest';
import { startTestApp } from '../testkit/test-app.ts';

/** Sends bytes as they are, and gives all that comes until the server closes the connection. */
async function talk(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(text);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += String(chunk);
  });
  await once(socket, 'close');
  return answer;
}

const slow = { headersWithinMs: 200, slowBody: { afterMs: 200, bytesPerSecond: 1000 } };

test('headers and bodies that trickle in are answered with 408, and hold no connection', async (t) => {
  const { url } = await startTestApp(t, { limits: slow });
  assert.match(await talk(url, 'GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: '), /^HTTP\/1\.1 408 /);
  const head =
    'POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"kind"';
  assert.match(await talk(url, head), /^HTTP\/1\.1 408 .*"code":"requestTimeout"/s);
  const part =
    'POST /v1/datasets HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=b\r\ntransfer-encoding: chunked\r\n\r\n';
  assert.match(await talk(url, part), /^HTTP\/1\.1 408 /);
});

test('headers, paths and bodies over their limits are refused, each with its status', async (t) => {
  const { url, app } = await startTestApp(t, { limits: { headerBytes: 2048, bodyBytes: 2000 } });
  assert.match(
    await talk(url, `GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-large: ${'a'.repeat(4000)}\r\n\r\n`),
    /^HTTP\/1\.1 431 /,
  );
  await request(url)
    .get(`/v1/jobs/${'a'.repeat(500)}`)
    .expect(404);
  await request(url)
    .post('/v1/jobs')
    .send({ text: 'a'.repeat(3000) })
    .expect(413);
  const nested = `${'['.repeat(40)}${']'.repeat(40)}`;
  const { body } = await request(url).post('/v1/jobs').type('json').send(nested).expect(400);
  assert.equal(body.code, 'malformedJson');
  await request(url).post('/v1/jobs').type('json').send('{"__proto__": {"x": 1}}').expect(400);
  await request(url).post('/v1/jobs').type('json').send('{"constructor": {"prototype": {"x": 1}}}').expect(400);
  assert.ok(app.server.maxConnections > 0);
});

test('pages of other sites get nothing done, and no server without keys under a name that is not its own', async (t) => {
  const { url } = await startTestApp(t);
  const preflight = await request(url)
    .options('/v1/jobs')
    .set('origin', 'https://evil.example')
    .set('access-control-request-method', 'POST');
  assert.ok(preflight.status >= 400);
  assert.equal(preflight.headers['access-control-allow-origin'], undefined);
  const form = await request(url).post('/v1/datasets').set('origin', 'https://evil.example').field('name', 'x').expect(403);
  assert.equal(form.body.code, 'forbidden');
  await request(url).post('/v1/jobs/bulk').set('origin', 'null').send({}).expect(403);
  await request(url).get('/v1/jobs').set('host', 'evil.example').expect(403);
  await request(url).post('/v1/jobs/bulk').set('origin', url).send({}).expect(422);
});
