import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Health, QueueStatus, Readiness } from '@scion/schema';
import * as catalogue from '@scion/trainer/catalog';
import request from 'supertest';
import { startTestApp } from '../testkit/test-app.ts';

type OpenApi = {
  openapi: string;
  paths: Record<
    string,
    Record<
      string,
      { summary?: string; responses: Record<string, unknown>; requestBody?: { content: Record<string, { example?: unknown }> } }
    >
  >;
  components: { schemas: Record<string, unknown> };
};

suite('health', () => {
  test('tells that the process lives and that its parts answer', async (t) => {
    const { url } = await startTestApp(t);
    assert.equal(Health.parse((await request(url).get('/healthz').expect(200)).body).version, '0.0.0-test');
    const ready = Readiness.parse((await request(url).get('/readyz').expect(200)).body);
    assert.deepEqual([ready.status, ready.checks.database?.ok, ready.checks.queue?.ok], ['ready', true, true]);
  });

  test('a part that hangs is not ready', async (t) => {
    const { url } = await startTestApp(t, { queue: { ping: () => new Promise(() => {}) } });
    const { body } = await request(url).get('/readyz').expect(503);
    assert.equal(body.checks.queue.ok, false);
  });
});

suite('workers and queue', () => {
  test('tell who works and how much waits', async (t) => {
    const { url, services } = await startTestApp(t);
    const id = await services.workers.register({ host: 'box', pid: 7, devices: ['gpu:0', 'gpu:1'] });
    const { body } = await request(url).get('/v1/workers').expect(200);
    assert.deepEqual([body.data[0].id, body.data[0].slots, body.data[0].alive], [id, 2, true]);
    const queue = QueueStatus.parse((await request(url).get('/v1/queue').expect(200)).body);
    assert.deepEqual([queue.backend, queue.slots, queue.busySlots, queue.jobs.queued], ['postgres', 2, 0, 0]);
  });
});

suite('the description of the API', () => {
  test('is OpenAPI 3.1, complete, and its references resolve', async (t) => {
    const { url } = await startTestApp(t);
    const { body } = (await request(url).get('/openapi.json').expect(200)) as { body: OpenApi };
    assert.match(body.openapi, /^3\.1/);
    for (const path of ['/v1/jobs', '/v1/jobs/{id}/events', '/v1/datasets', '/v1/models/{id}/predict', '/readyz']) {
      assert.ok(body.paths[path], path);
    }
    for (const [path, methods] of Object.entries(body.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        assert.ok(operation.summary, `${method} ${path} has no summary`);
        assert.ok(
          Object.keys(operation.responses).some((status) => status.startsWith('2')),
          `${method} ${path}`,
        );
      }
    }
    for (const path of ['/v1/datasets', '/v1/models/{id}/predict']) {
      const types = Object.keys(body.paths[path]!.post!.requestBody!.content);
      assert.deepEqual(types.sort(), ['application/json', 'multipart/form-data'], path);
    }
    const example = body.paths['/v1/jobs']!.post!.requestBody!.content['application/json']!.example;
    assert.equal(catalogue.CreateJob.safeParse(example).error, undefined);
    const referred = [...JSON.stringify(body).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name!);
    assert.deepEqual([...new Set(referred)].sort(), Object.keys(body.components.schemas).sort());
  });

  test('can be read in a browser, with a policy that lets it work', async (t) => {
    const { url } = await startTestApp(t);
    const { text, headers } = await request(url).get('/docs/').expect(200);
    assert.match(text, /swagger-ui/);
    assert.match(headers['content-security-policy']!, /^default-src 'self'/);
    assert.doesNotMatch(headers['content-security-policy']!, /upgrade-insecure-requests|https:/);
  });
});

suite('the catalogue', () => {
  test('describes every method and backbone with a JSON Schema', async (t) => {
    const { url } = await startTestApp(t);
    const methods = await request(url).get('/v1/methods').expect(200);
    const probe = methods.body.data.find((entry: { id: string }) => entry.id === 'linear-probe');
    assert.equal(probe.kind, 'finetune');
    assert.equal(probe.schema.properties.type.const, 'linear-probe');
    assert.equal(probe.schema.additionalProperties, false);
    for (const part of ['tasks', 'augmentations', 'optimizers', 'schedules', 'regularizers'])
      assert.ok(methods.body[part].length > 0, part);
    const backbones = await request(url).get('/v1/backbones').expect(200);
    assert.ok(backbones.body.data.some((entry: { id: string }) => entry.id === 'reference-net'));
    await request(url).get('/v1/methods').set('if-none-match', methods.headers.etag!).expect(304);
  });
});

suite('the dashboard', () => {
  test('is served from its folder, and is where / leads', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'scion-dashboard-'));
    t.after(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), '<title>Scion</title>');
    await writeFile(join(folder, 'assets', 'index-1a2b3c.js'), 'export {};');
    const { url } = await startTestApp(t, { dashboardDir: folder });
    assert.equal((await request(url).get('/').expect(302)).headers.location, '/dashboard/');
    await request(url).get('/dashboard').expect(302);
    const page = await request(url).get('/dashboard/').expect(200);
    assert.match(page.text, /Scion/);
    assert.equal(page.headers['cache-control'], 'no-cache');
    assert.match(page.headers['content-security-policy']!, /default-src 'self'/);
    assert.doesNotMatch(page.headers['content-security-policy']!, /upgrade-insecure-requests|unsafe/);
    const script = await request(url).get('/dashboard/assets/index-1a2b3c.js').expect(200);
    assert.match(script.headers['cache-control']!, /immutable/);
    const missing = await request(url).get('/dashboard/missing.js').expect(404);
    assert.equal(missing.body.code, 'routeNotFound');
  });
});
