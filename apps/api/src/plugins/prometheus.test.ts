import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import request from 'supertest';
import { pretrainBody } from '../testkit/job-bodies.ts';
import { startTestApp } from '../testkit/test-app.ts';

const grafanaDashboard = new URL('../../../../docker/grafana-dashboard.json', import.meta.url);

type Dashboard = { panels: { title: string; targets: { expr: string }[] }[] };

suite('GET /metrics', () => {
  test('counts jobs by state and requests by route', async (t) => {
    const { url, addReadyDataset } = await startTestApp(t);
    const dataset = await addReadyDataset();
    await request(url).post('/v1/jobs').send(pretrainBody(dataset)).expect(201);
    for (const path of ['/v1/jobs/nothing', '/v1/jobs/at-all']) await request(url).get(path).expect(404);
    const { text, headers } = await request(url).get('/metrics').expect(200);
    assert.match(headers['content-type']!, /^text\/plain; version=/);
    assert.match(text, /^scion_jobs\{state="queued"\} 1$/m);
    assert.match(text, /^scion_jobs\{state="running"\} 0$/m);
    assert.match(text, /^scion_http_request_duration_seconds_count\{method="POST",route="\/v1\/jobs",status="201"\} 1$/m);
    assert.match(text, /route="\/v1\/jobs\/:id",status="404"\} 2$/m);
    assert.doesNotMatch(text, /nothing|at-all/);
  });

  test('has all that the Grafana dashboard draws', async (t) => {
    const { url } = await startTestApp(t);
    await request(url).get('/healthz').expect(200);
    const { text } = await request(url).get('/metrics').expect(200);
    const { panels } = JSON.parse(await readFile(grafanaDashboard, 'utf8')) as Dashboard;
    const named = panels.flatMap(({ title, targets }) =>
      targets.flatMap(({ expr }) => [...expr.matchAll(/\b(?:scion|nodejs|process)_\w+/g)].map(([name]) => ({ title, name }))),
    );
    assert.ok(named.length >= panels.length);
    for (const { title, name } of named) assert.match(text, new RegExp(`^${name}[ {]`, 'm'), title);
  });
});
