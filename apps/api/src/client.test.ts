import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import { createClient, largeFileBytes, ScionApiError } from '@scion/client';
import { exampleReport } from '@scion/jobs/testkit';
import { artifactKeys, newId } from '@scion/schema';
import { startFlakyProxy } from '@scion/storage/testkit';
import { pretrainBody } from './testkit/job-bodies.ts';
import { runJob, startAttempt } from './testkit/run-job.ts';
import { startTestApp } from './testkit/test-app.ts';

suite('the client and the API agree', () => {
  test('from upload to prediction', async (t) => {
    const testApp = await startTestApp(t);
    const { services, store } = testApp;
    const client = createClient({ url: testApp.url });
    async function* pieces() {
      yield Buffer.from('some ');
      yield Buffer.from('bytes');
    }
    const dataset = await client.datasets.create({ name: 'digits.zip', stream: pieces() }, { name: 'Digits' });
    assert.equal(Buffer.from((await store.get(artifactKeys.datasetUpload(dataset.id)))!).toString(), 'some bytes');
    const verdict = client.datasets.waitUntilReady(dataset.id, { pollMs: 10 });
    const claimed = await services.validations.claim({ datasetId: dataset.id, workerId: newId('worker'), leaseMs: 10_000 });
    await services.validations.finish(claimed!.ref, exampleReport());
    assert.equal((await verdict).state, 'ready');
    assert.deepEqual(
      (await client.datasets.list({ state: 'ready' })).data.map(({ id }) => id),
      [dataset.id],
    );

    const job = await client.jobs.create(pretrainBody(dataset.id), { idempotencyKey: 'once' });
    const ended = client.jobs.waitFor(job.id, { pollMs: 10 });
    const types: string[] = [];
    const following = (async () => {
      for await (const event of client.jobs.events(job.id)) types.push(event.type);
    })();
    const { checkpoint, model } = await runJob(testApp, job.id);
    assert.equal((await ended).result?.model, model);
    await following;
    assert.equal(types[0], 'job.queued');
    assert.equal(types.at(-1), 'job.succeeded');
    assert.deepEqual(
      (await client.jobs.listEvents(job.id)).data.map(({ type }) => type),
      types,
    );

    assert.deepEqual((await client.jobs.metrics(job.id)).data['train/loss'], { step: [1, 2], value: [1.5, 1.25] });
    const [record] = (await client.jobs.checkpoints(job.id)).data;
    const hash = createHash('sha256');
    for await (const piece of await client.checkpoints.download(checkpoint)) hash.update(piece);
    assert.equal(hash.digest('hex'), record!.sha256);
    assert.equal((await client.models.get(model)).job, job.id);
    const { predictions } = await client.models.predict(model, [Buffer.from('cat')], { topK: 1 });
    assert.equal(predictions[0] && 'label' in predictions[0] && predictions[0].label, 'cat');
    assert.ok((await client.methods()).data.length > 0);
    assert.ok((await client.backbones()).data.length > 0);
    assert.equal((await client.queue()).backend, 'postgres');
    assert.deepEqual((await client.workers()).data, []);
    assert.equal((await client.ready()).status, 'ready');
    assert.equal(await client.jobs.logs(job.id), '');
    await assert.rejects(client.datasets.delete(dataset.id), { code: 'datasetInUse' });
    await client.datasets.delete(dataset.id, { force: true });
    await assert.rejects(client.datasets.get(dataset.id), (error) => error instanceof ScionApiError && error.status === 404);
  });

  test('on a large file, over a network that loses a third of all requests', async (t) => {
    const testApp = await startTestApp(t, { maxUploadBytes: 2 * largeFileBytes });
    const faults = { refused: 10, lost: 10, unanswered: 8, late: 0, cut: 5 };
    const proxy = await startFlakyProxy({ upstreamPort: Number(new URL(testApp.url).port), faults, lateMs: 0, seed: 3 });
    t.after(() => proxy.close());
    const bytes = randomBytes(largeFileBytes + 5);
    const file = new Blob([bytes]);
    const client = createClient({ url: `http://127.0.0.1:${proxy.port}` });
    let uploadId = '';
    const progress: number[] = [];
    const interrupt = new AbortController();
    const options = {
      onBegun: (id: string) => {
        uploadId = id;
      },
      onProgress: (sentBytes: number) => {
        progress.push(sentBytes);
        if (progress.length === 3) interrupt.abort(new Error('enough for today'));
      },
    };
    const send = (more: object) =>
      client.datasets.create(file, { name: 'Large', fileName: 'large.zip' }, { ...options, ...more });
    await assert.rejects(send({ signal: interrupt.signal }), /enough for today/);
    const { receivedBytes } = await createClient({ url: testApp.url }).uploads.get(uploadId);
    assert.ok(receivedBytes > 0 && receivedBytes < bytes.length, String(receivedBytes));

    const dataset = await send({ resume: uploadId });
    assert.deepEqual([dataset.name, dataset.fileName, dataset.sizeBytes], ['Large', 'large.zip', bytes.length]);
    assert.equal(dataset.sha256, createHash('sha256').update(bytes).digest('hex'));
    assert.equal(progress.at(-1), bytes.length);
    await assert.rejects(client.uploads.send(new Blob(['other']), 'x', { resume: uploadId }), /is of a file of \d+ bytes/);
  });

  test('when a request is refused', async (t) => {
    const testApp = await startTestApp(t);
    const client = createClient({ url: testApp.url });
    await assert.rejects(client.jobs.create({ kind: 'pretrain' }), (error) => {
      assert.ok(error instanceof ScionApiError);
      assert.equal(error.code, 'validationFailed');
      assert.ok(error.errors.some(({ path }) => path === 'dataset'));
      return true;
    });
    const tooLarge = new Blob([Buffer.alloc(2_000_000)]);
    await assert.rejects(client.datasets.create(tooLarge), (error) => error instanceof ScionApiError && error.status === 413);
  });

  test('when the stream of events is cut by a restart of the server', async (t) => {
    const first = await startTestApp(t);
    const job = (await createClient({ url: first.url }).jobs.create(pretrainBody(await first.addReadyDataset()))).id;
    const events = createClient({ url: first.url }).jobs.events(job);
    assert.equal((await events.next()).value?.type, 'job.queued');
    const next = events.next();
    const port = Number(new URL(first.url).port);
    await first.app.close();
    const attempt = await startAttempt(first.services, job);
    await startTestApp(t, { services: first.services, port });
    assert.equal((await next).value?.type, 'attempt.started');
    await attempt.event('epoch.finished', 'Epoch 1 of 1');
    assert.equal((await events.next()).value?.message, 'Epoch 1 of 1');
    await events.return(undefined);
  });
});
