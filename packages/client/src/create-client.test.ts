import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Dataset, type JobEvent, newId } from '@scion/schema';
import { createClient, ScionApiError } from './index.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A real HTTP server that answers as one test needs, for what the real one does only when it fails. */
async function serve(t: TestContext, handler: Handler): Promise<string> {
  const server = createServer((request, response) => void handler(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function answerJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function makeDataset(state: Dataset['state']): Dataset {
  return {
    id: newId('dataset'),
    project: 'default',
    owner: null,
    name: 'digits',
    state,
    format: 'auto',
    modality: null,
    classNames: [],
    splits: {},
    example: null,
    issues: [],
    sha256: null,
    sizeBytes: 1,
    source: { type: 'upload' },
    split: null,
    statistics: null,
    options: { policy: 'skip', columns: {} },
    fileName: 'digits.zip',
    error: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
  };
}

function makeEvent(number: number): JobEvent {
  return {
    id: `evt_${String(number).padStart(16, '0')}`,
    type: 'epoch.finished',
    level: 'info',
    message: `Epoch ${number}`,
    at: '2026-01-01T00:00:00.000Z',
    data: {},
  };
}

const frame = (event: JobEvent) => `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

test('a problem document becomes a ScionApiError', async (t) => {
  const url = await serve(t, (_, response) =>
    answerJson(response, 422, {
      type: '/problems/validationFailed',
      title: 'The request does not match its schema',
      status: 422,
      detail: 'training.epochs: Too small',
      code: 'validationFailed',
      errors: [{ path: 'training.epochs', message: 'Too small' }],
    }),
  );
  await assert.rejects(createClient({ url }).jobs.create({}), (error) => {
    assert.ok(error instanceof ScionApiError);
    assert.equal(error.status, 422);
    assert.equal(error.code, 'validationFailed');
    assert.deepEqual(error.errors, [{ path: 'training.epochs', message: 'Too small' }]);
    assert.equal(error.isTransient, false);
    return true;
  });
});

test('a refusal by something that is not Scion is told as it is', async (t) => {
  const url = await serve(t, (_, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'));
  await assert.rejects(createClient({ url }).health(), (error) => {
    assert.ok(error instanceof ScionApiError);
    assert.equal(error.status, 502);
    assert.match(error.detail, /Bad gateway/);
    assert.equal(error.isTransient, true);
    return true;
  });
});

test('keeps a path prefix, sends the API key, encodes ids and query', async (t) => {
  const seen: string[] = [];
  const url = await serve(t, (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    answerJson(response, 200, { data: [], hasMore: false, nextAfter: null });
  });
  const client = createClient({ url: `${url}/scion`, apiKey: 'secret' });
  await client.jobs.list({ state: 'running', tag: 'a b', limit: 5 });
  await client.jobs.checkpoints('../x');
  assert.deepEqual(seen, [
    'GET /scion/v1/jobs?state=running&tag=a+b&limit=5 Bearer secret',
    'GET /scion/v1/jobs/..%2Fx/checkpoints Bearer secret',
  ]);
});

test('an answer that does not match its schema is refused', async (t) => {
  const url = await serve(t, (_, response) => answerJson(response, 200, { status: 'fine' }));
  await assert.rejects(createClient({ url }).health(), { name: 'ZodError' });
});

test('events go on after a lost connection, from the last one seen', async (t) => {
  const asked: (string | undefined)[] = [];
  const events = [makeEvent(1), makeEvent(2), makeEvent(3)];
  const url = await serve(t, (request, response) => {
    const lastId = request.headers['last-event-id']?.toString();
    asked.push(lastId);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (lastId === undefined) {
      // Half of the second event is lost with the connection.
      response.write(frame(events[0]!) + frame(events[1]!).slice(0, 20), () => response.destroy());
    } else if (asked.length === 2) {
      response.end(frame(events[1]!));
    } else {
      response.end(`${frame(events[2]!)}event: end\ndata: {}\n\n`);
    }
  });
  const seen: string[] = [];
  for await (const event of createClient({ url }).jobs.events(newId('job'))) seen.push(event.id);
  assert.deepEqual(
    seen,
    events.map((event) => event.id),
  );
  assert.deepEqual(asked, [undefined, events[0]!.id, events[1]!.id]);
});

test('events of an ended job that are all known end at once', async (t) => {
  const url = await serve(t, (_, response) => response.writeHead(204).end());
  for await (const event of createClient({ url }).jobs.events(newId('job'), { after: makeEvent(9).id })) assert.fail(event.id);
});

test('events of an unknown job throw instead of trying again', async (t) => {
  const url = await serve(t, (_, response) => answerJson(response, 404, {}));
  await assert.rejects(createClient({ url }).jobs.events(newId('job')).next(), ScionApiError);
});

test('a signal ends an open event stream', async (t) => {
  const url = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(frame(makeEvent(1)));
  });
  const stop = new AbortController();
  const events = createClient({ url }).jobs.events(newId('job'), { signal: stop.signal });
  assert.equal((await events.next()).value?.id, makeEvent(1).id);
  stop.abort(new Error('enough'));
  await assert.rejects(events.next(), /enough/);
});

test('waits through restarts of the server and unchanged answers', async (t) => {
  let asked = 0;
  const dataset = makeDataset('validating');
  const url = await serve(t, (request, response) => {
    asked += 1;
    if (asked === 1) answerJson(response, 200, dataset, { etag: 'W/"1"' });
    else if (asked === 2) response.destroy();
    else if (asked === 3) response.writeHead(503).end();
    else if (request.headers['if-none-match'] === 'W/"1"' && asked === 4) response.writeHead(304).end();
    else answerJson(response, 200, { ...dataset, state: 'ready' }, { etag: 'W/"2"' });
  });
  const states: string[] = [];
  const ready = await createClient({ url }).datasets.waitUntilReady(dataset.id, {
    pollMs: 1,
    onUpdate: (update) => states.push(update.state),
  });
  assert.equal(ready.state, 'ready');
  assert.deepEqual(states, ['validating', 'ready']);
});

test('waiting stops at a 404, at an error of the caller, and at the signal', async (t) => {
  const dataset = makeDataset('validating');
  const url = await serve(t, (request, response) => {
    if (request.url?.includes(dataset.id)) answerJson(response, 200, dataset);
    else answerJson(response, 404, {});
  });
  const { datasets } = createClient({ url });
  await assert.rejects(datasets.waitUntilReady(newId('dataset')), ScionApiError);
  const broken = () => {
    throw new TypeError('from the caller');
  };
  await assert.rejects(datasets.waitUntilReady(dataset.id, { onUpdate: broken }), /from the caller/);
  await assert.rejects(datasets.waitUntilReady(dataset.id, { signal: AbortSignal.timeout(20), pollMs: 5 }), {
    name: 'TimeoutError',
  });
});

test('an upload reaches the server whole, from a Blob and from a stream', async (t) => {
  const uploads: FormData[] = [];
  const url = await serve(t, async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const headers = { 'content-type': request.headers['content-type'] ?? '' };
    uploads.push(await new Response(Buffer.concat(pieces), { headers }).formData());
    answerJson(response, 201, makeDataset('validating'));
  });
  const { datasets } = createClient({ url });
  async function* stream() {
    yield new Uint8Array(70_000).fill(7);
    yield new Uint8Array(70_000).fill(8);
  }
  await datasets.create(new Blob(['abc']), { name: 'blob', fileName: 'abc.zip' });
  await datasets.create({ name: 'stream.zip', stream: stream() }, { name: 'stream', format: 'images' });
  const files = uploads.map((form) => form.get('file') as File);
  assert.deepEqual(
    files.map((file) => [file.name, file.size]),
    [
      ['abc.zip', 3],
      ['stream.zip', 140_000],
    ],
  );
  assert.deepEqual(
    uploads.map((form) => [form.get('name'), form.get('format')]),
    [
      ['blob', null],
      ['stream', 'images'],
    ],
  );
});
