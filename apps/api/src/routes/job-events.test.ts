import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { eventually } from '@scion/jobs/testkit';
import { type JobEvent, newId } from '@scion/schema';
import request from 'supertest';
import { pretrainBody } from '../testkit/job-bodies.ts';
import { startAttempt } from '../testkit/run-job.ts';
import { startTestApp, type TestApp } from '../testkit/test-app.ts';

async function submitJob({ url, addReadyDataset }: TestApp): Promise<string> {
  const { body } = await request(url)
    .post('/v1/jobs')
    .send(pretrainBody(await addReadyDataset()))
    .expect(201);
  return body.id;
}

/** An open stream, read a message at a time. */
async function openStream(url: string, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: stop.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    response,
    stop: () => stop.abort(),
    /** The next message (or comment), or null at the end of the stream. */
    async next(): Promise<string | null> {
      for (;;) {
        const end = text.indexOf('\n\n');
        if (end >= 0) {
          const message = text.slice(0, end);
          text = text.slice(end + 2);
          return message;
        }
        const { done, value } = await reader.read();
        if (done) return null;
        text += value;
      }
    },
  };
}

function parseMessage(message: string | null) {
  assert.ok(message !== null, 'the stream ended');
  const fields = Object.fromEntries(
    message.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  return { id: fields.id, event: fields.event, data: JSON.parse(fields.data!) as JobEvent };
}

suite('GET /v1/jobs/:id/events as JSON', () => {
  test('gives the events oldest first, page by page', async (t) => {
    const testApp = await startTestApp(t);
    const id = await submitJob(testApp);
    await testApp.services.jobs.act(id, { action: 'cancel' });
    const first = await request(testApp.url).get(`/v1/jobs/${id}/events?limit=1`).expect(200);
    assert.deepEqual([first.body.data[0].type, first.body.hasMore], ['job.queued', true]);
    const second = await request(testApp.url).get(`/v1/jobs/${id}/events?after=${first.body.nextAfter}`).expect(200);
    assert.deepEqual([second.body.data.length, second.body.data[0].type, second.body.hasMore], [1, 'job.cancelled', false]);
    assert.ok(first.body.data[0].id < second.body.data[0].id);
  });

  test('refuses an unknown job and a malformed id of an event', async (t) => {
    const testApp = await startTestApp(t);
    await request(testApp.url)
      .get(`/v1/jobs/${newId('job')}/events`)
      .expect(404);
    const { body } = await request(testApp.url)
      .get(`/v1/jobs/${newId('job')}/events?after=12`)
      .expect(422);
    assert.deepEqual(body.errors[0].path, 'after');
  });

  test('is what a client gets that wants both, or anything', async (t) => {
    const testApp = await startTestApp(t);
    const id = await submitJob(testApp);
    for (const accept of [
      '*/*',
      'application/json, text/event-stream',
      'text/event-stream;q=0.5, application/json',
      'text/html',
    ]) {
      const { type } = await request(testApp.url).get(`/v1/jobs/${id}/events`).set('accept', accept).expect(200);
      assert.equal(type, 'application/json', accept);
    }
  });
});

suite('GET /v1/jobs/:id/events as a stream', () => {
  test('replays, follows live, and ends after the last event', async (t) => {
    const testApp = await startTestApp(t);
    const id = await submitJob(testApp);
    const stream = await openStream(`${testApp.url}/v1/jobs/${id}/events`);
    assert.equal(stream.response.headers.get('content-type'), 'text/event-stream');
    assert.equal(await stream.next(), 'retry: 1000');
    const queued = parseMessage(await stream.next());
    assert.deepEqual([queued.event, queued.data.type, queued.id], ['job.queued', 'job.queued', queued.data.id]);

    const attempt = await startAttempt(testApp.services, id);
    assert.equal(parseMessage(await stream.next()).event, 'attempt.started');
    await attempt.event('epoch.finished', 'Epoch 1 of 2');
    assert.equal(parseMessage(await stream.next()).data.message, 'Epoch 1 of 2');
    await testApp.services.attempts.finish(attempt.ref, { type: 'failed', code: 'diverged', message: 'The loss is NaN' }, []);
    assert.equal(parseMessage(await stream.next()).event, 'job.failed');
    const end = parseMessage(await stream.next());
    assert.deepEqual([end.event, end.id], ['end', undefined]);
    assert.equal(await stream.next(), null);
  });

  test('goes on after Last-Event-ID, or `after`, without a gap or a repetition', async (t) => {
    const testApp = await startTestApp(t);
    const id = await submitJob(testApp);
    const attempt = await startAttempt(testApp.services, id);
    for (let epoch = 1; epoch <= 5; epoch++) await attempt.event('epoch.finished', `Epoch ${epoch}`);
    await testApp.services.attempts.finish(attempt.ref, { type: 'failed', code: 'diverged', message: 'The loss is NaN' }, []);
    const { data: all } = await testApp.services.jobs.listEvents(id, { limit: 100 });
    for (const seen of all.slice(0, -1)) {
      const expected = all.slice(all.indexOf(seen) + 1).map((event) => event.id);
      for (const [query, headers] of [
        ['', { 'last-event-id': seen.id }],
        [`?after=${seen.id}`, {}],
      ] as const) {
        const stream = await openStream(`${testApp.url}/v1/jobs/${id}/events${query}`, headers);
        await stream.next();
        const got: (string | undefined)[] = [];
        for (let message = await stream.next(); message !== null; message = await stream.next())
          got.push(parseMessage(message).id);
        assert.deepEqual(got, [...expected, undefined]);
      }
    }
  });

  test('answers 204 when nothing will ever come, so that browsers stop', async (t) => {
    const testApp = await startTestApp(t);
    const id = await submitJob(testApp);
    await testApp.services.jobs.act(id, { action: 'cancel' });
    const { data } = await testApp.services.jobs.listEvents(id, { limit: 100 });
    const stream = await fetch(`${testApp.url}/v1/jobs/${id}/events`, {
      headers: { accept: 'text/event-stream', 'last-event-id': data.at(-1)!.id },
    });
    assert.equal(stream.status, 204);
  });

  test('is a problem document for an unknown job', async (t) => {
    const testApp = await startTestApp(t);
    const { type } = await request(testApp.url)
      .get(`/v1/jobs/${newId('job')}/events`)
      .set('accept', 'text/event-stream')
      .expect(404);
    assert.equal(type, 'application/problem+json');
  });

  test('sends heartbeats while nothing happens', async (t) => {
    const testApp = await startTestApp(t, { heartbeatMs: 20 });
    const stream = await openStream(`${testApp.url}/v1/jobs/${await submitJob(testApp)}/events`);
    const messages = [await stream.next(), await stream.next(), await stream.next(), await stream.next()];
    assert.deepEqual(messages.slice(2), [': heartbeat', ': heartbeat']);
    stream.stop();
  });

  test('stops listening when the client goes away', async (t) => {
    const testApp = await startTestApp(t);
    let listeners = 0;
    const { forProject } = testApp.services;
    testApp.services.forProject = (scope) => {
      const own = forProject(scope);
      const onJobChange: typeof own.jobs.onJobChange = (jobId, listener) => {
        const unsubscribe = own.jobs.onJobChange(jobId, listener);
        listeners += 1;
        return () => {
          listeners -= 1;
          unsubscribe();
        };
      };
      return { ...own, jobs: { ...own.jobs, onJobChange } };
    };
    const id = await submitJob(testApp);
    const streams = await Promise.all([1, 2, 3].map(() => openStream(`${testApp.url}/v1/jobs/${id}/events`)));
    for (const stream of streams) await stream.next();
    assert.equal(listeners, 3);
    for (const stream of streams) stream.stop();
    await eventually(() => listeners === 0);
  });

  test('does not hold up the server when it closes', async (t) => {
    const testApp = await startTestApp(t);
    const stream = await openStream(`${testApp.url}/v1/jobs/${await submitJob(testApp)}/events`);
    assert.equal(await stream.next(), 'retry: 1000');
    assert.equal(parseMessage(await stream.next()).event, 'job.queued');
    await testApp.app.close();
    // No `end`: the job goes on, and so will the client.
    assert.equal(await stream.next(), null);
  });
});
