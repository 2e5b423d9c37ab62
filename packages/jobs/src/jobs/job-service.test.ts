import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type ErrorCode, Job, newId, ScionError } from '@scion/schema';
import { createTestServices, eventually, exampleSpec, type TestServices } from '../testkit/index.ts';

let scion: TestServices;
let dataset: string;

before(async () => {
  scion = await createTestServices();
  dataset = await scion.addReadyDataset();
});
after(() => scion.close());

function hasCode(code: ErrorCode, path?: string) {
  return (error: unknown) =>
    error instanceof ScionError &&
    error.code === code &&
    (path === undefined || error.details.some((detail) => detail.path === path));
}

const submit = async (overrides: Parameters<typeof exampleSpec>[1] = {}) =>
  (await scion.services.jobs.submit({ spec: exampleSpec(dataset, overrides) })).job;

async function runToEnd(jobId: string, outcome: 'succeeded' | 'failed'): Promise<void> {
  const { attempts } = scion.services;
  const claimed = await attempts.claim({ jobId, workerId: 'wkr_test', leaseMs: 10_000 });
  assert.ok(claimed);
  if (outcome === 'failed') {
    await attempts.finish(claimed.ref, { type: 'failed', code: 'diverged', message: 'The loss is NaN.' }, []);
    return;
  }
  const model = newId('model');
  await attempts.recordReport(claimed.ref, {
    type: 'model',
    id: model,
    key: `models/${model}`,
    backbone: { type: 'reference-net' },
    inputShape: [8, 8, 3],
    classNames: ['cat', 'dog'],
    parameterCount: 10,
    metrics: {},
    sizeBytes: 40,
    sha256: 'b'.repeat(64),
  });
  await attempts.finish(claimed.ref, { type: 'succeeded', model, metrics: {} }, []);
}

const eventTypesOf = async (jobId: string) =>
  (await scion.services.jobs.listEvents(jobId, { limit: 100 })).data.map(({ type }) => type);

suite('submitting', () => {
  test('a submitted job is queued, announced, and matches its schema', async () => {
    const job = await submit({ tags: ['demo'], priority: 3 });
    assert.deepEqual(Job.parse(job), job);
    assert.deepEqual([job.state, job.attempt, job.tags, job.priority], ['queued', 0, ['demo'], 3]);
    assert.deepEqual(await scion.services.jobs.get(job.id), job);
    assert.ok((await scion.queue.entryIds('job')).waiting.has(job.id));
    assert.deepEqual(await eventTypesOf(job.id), ['job.queued']);
  });

  test('a hundred requests with one Idempotency-Key at once make one job', async () => {
    const request = { spec: exampleSpec(dataset), idempotency: { key: 'same', bodyHash: 'hash' } };
    const answers = await Promise.all(Array.from({ length: 100 }, () => scion.services.jobs.submit(request)));
    assert.equal(new Set(answers.map(({ job }) => job.id)).size, 1);
    assert.equal(answers.filter(({ replayed }) => !replayed).length, 1);
  });

  test('an Idempotency-Key with another body is refused', async () => {
    const spec = exampleSpec(dataset);
    await scion.services.jobs.submit({ spec, idempotency: { key: 'reused', bodyHash: 'one' } });
    await assert.rejects(
      scion.services.jobs.submit({ spec, idempotency: { key: 'reused', bodyHash: 'two' } }),
      hasCode('idempotencyKeyReused'),
    );
  });

  test('a refused request leaves its Idempotency-Key free', async () => {
    const idempotency = { key: 'second-try', bodyHash: 'hash' };
    await assert.rejects(scion.services.jobs.submit({ spec: exampleSpec(newId('dataset')), idempotency }));
    assert.equal((await scion.services.jobs.submit({ spec: exampleSpec(dataset), idempotency })).replayed, false);
  });

  test('an unknown data set, and one that is not ready, are refused', async () => {
    await assert.rejects(
      scion.services.jobs.submit({ spec: exampleSpec(newId('dataset')) }),
      hasCode('validationFailed', 'dataset.id'),
    );
    const raw = await scion.services.datasets.create({ format: 'auto', fileName: 'a.zip', sizeBytes: 1 });
    await assert.rejects(scion.services.jobs.submit({ spec: exampleSpec(raw.id) }), hasCode('datasetNotReady'));
  });

  test('unknown ids are not found', async () => {
    const id = newId('job');
    const { jobs } = scion.services;
    const asks = [
      () => jobs.get(id),
      () => jobs.act(id, { action: 'cancel' }),
      () => jobs.listEvents(id, { limit: 1 }),
      () => jobs.metrics(id),
    ];
    for (const ask of asks) {
      await assert.rejects(ask, hasCode('notFound'));
    }
  });
});

suite('listing', () => {
  test('pages go from the newest to the oldest, each job once', async () => {
    const ids = [];
    for (let i = 0; i < 5; i++) ids.push((await submit({ tags: ['paged'] })).id);
    const seen: string[] = [];
    let after: string | undefined;
    for (;;) {
      const page = await scion.services.jobs.list({ limit: 2, after, tag: 'paged' });
      seen.push(...page.data.map(({ id }) => id));
      if (!page.hasMore) break;
      after = page.nextAfter ?? undefined;
    }
    assert.deepEqual(new Set(seen), new Set(ids));
    assert.deepEqual(seen, [...seen].sort().reverse());
  });

  test('filters by state, kind and tag', async () => {
    const one = await submit({
      tags: ['filtered'],
      kind: 'finetune',
      from: { scratch: { backbone: { type: 'reference-net' } } },
    });
    const two = await submit({ tags: ['filtered'] });
    await scion.services.jobs.act(two.id, { action: 'cancel' });
    const ids = async (query: { state?: Job['state']; kind?: Job['kind'] }) =>
      (await scion.services.jobs.list({ limit: 10, tag: 'filtered', ...query })).data.map(({ id }) => id);
    assert.deepEqual(await ids({ state: 'cancelled' }), [two.id]);
    assert.deepEqual(await ids({ kind: 'finetune' }), [one.id]);
    assert.deepEqual(new Set(await ids({})), new Set([one.id, two.id]));
  });
});

suite('cancelling', () => {
  test('a job that waits is cancelled at once, and a second time is a conflict', async () => {
    const job = await submit();
    const { job: cancelled } = await scion.services.jobs.act(job.id, { action: 'cancel' });
    assert.equal(cancelled.state, 'cancelled');
    assert.notEqual(cancelled.finishedAt, null);
    await assert.rejects(scion.services.jobs.act(job.id, { action: 'cancel' }), hasCode('conflict'));
    assert.deepEqual(await eventTypesOf(job.id), ['job.queued', 'job.cancelled']);
    assert.equal(await scion.services.attempts.claim({ jobId: job.id, workerId: 'wkr_test', leaseMs: 1000 }), null);
  });

  test('a running job is asked to stop, once', async () => {
    const job = await submit();
    const claimed = await scion.services.attempts.claim({ jobId: job.id, workerId: 'wkr_test', leaseMs: 10_000 });
    assert.ok(claimed);
    for (let i = 0; i < 2; i++) {
      const { state, stopRequested } = (await scion.services.jobs.act(job.id, { action: 'cancel' })).job;
      assert.deepEqual([state, stopRequested], ['running', 'cancel']);
    }
    assert.deepEqual(await scion.services.attempts.renewLeases([claimed.ref], 10_000), [
      { ...claimed.ref, stopRequested: 'cancel' },
    ]);
    await scion.services.attempts.finish(claimed.ref, { type: 'stopped', reason: 'cancel' }, []);
    assert.equal((await scion.services.jobs.get(job.id)).state, 'cancelled');
    assert.deepEqual(await eventTypesOf(job.id), ['job.queued', 'attempt.started', 'job.stopRequested', 'job.cancelled']);
  });
});

suite('dependencies', () => {
  test('a chain runs in its order, each job queued when all before it have succeeded', async () => {
    const first = await submit();
    const other = await submit();
    const second = await submit({ kind: 'finetune', from: { job: first.id }, dependsOn: [other.id] });
    assert.equal(second.state, 'blocked');
    await runToEnd(first.id, 'succeeded');
    assert.equal((await scion.services.jobs.get(second.id)).state, 'blocked');
    await runToEnd(other.id, 'succeeded');
    assert.equal((await scion.services.jobs.get(second.id)).state, 'queued');
    assert.ok((await scion.queue.entryIds('job')).waiting.has(second.id));

    const claimed = await scion.services.attempts.claim({ jobId: second.id, workerId: 'wkr_test', leaseMs: 1000 });
    const model = (await scion.services.jobs.get(first.id)).result?.model;
    assert.deepEqual(claimed?.run.from, { id: model, key: `models/${model}` });
  });

  test('a failure goes down the chain', async () => {
    const first = await submit();
    const second = await submit({ dependsOn: [first.id] });
    const third = await submit({ dependsOn: [second.id] });
    await runToEnd(first.id, 'failed');
    for (const { id } of [second, third]) {
      const { state, error } = await scion.services.jobs.get(id);
      assert.deepEqual([state, error?.code], ['failed', 'dependencyFailed']);
    }
  });

  test('so does a cancel', async () => {
    const first = await submit();
    const second = await submit({ dependsOn: [first.id] });
    await scion.services.jobs.act(first.id, { action: 'cancel' });
    assert.equal((await scion.services.jobs.get(second.id)).error?.code, 'dependencyFailed');
  });

  test('two dependencies that end at the same time release the job, time after time', async () => {
    for (let round = 0; round < 10; round++) {
      const before = await Promise.all([submit(), submit()]);
      const last = await submit({ dependsOn: before.map(({ id }) => id) });
      await Promise.all(before.map(({ id }) => runToEnd(id, 'succeeded')));
      assert.equal((await scion.services.jobs.get(last.id)).state, 'queued');
    }
  });

  test('a job submitted while its dependency ends is not left behind', async () => {
    for (let round = 0; round < 10; round++) {
      const first = await submit();
      const [second] = await Promise.all([submit({ dependsOn: [first.id] }), runToEnd(first.id, 'succeeded')]);
      assert.equal((await scion.services.jobs.get(second.id)).state, 'queued');
    }
  });

  test('a dependency that is unknown or has failed is refused with its path', async () => {
    await assert.rejects(submit({ dependsOn: [newId('job')] }), hasCode('validationFailed', 'dependsOn.0'));
    await assert.rejects(submit({ kind: 'finetune', from: { job: newId('job') } }), hasCode('validationFailed', 'from.job'));
    const failed = await submit();
    await runToEnd(failed.id, 'failed');
    await assert.rejects(submit({ dependsOn: [failed.id] }), hasCode('dependencyFailed', 'dependsOn.0'));
  });
});

suite('the queue as clients see it', () => {
  test('positions follow priority, then age; a start is promised once there are workers', async () => {
    const fresh = await createTestServices();
    try {
      const readyDataset = await fresh.addReadyDataset();
      const { jobs, workers } = fresh.services;
      const low = await jobs.submit({ spec: exampleSpec(readyDataset) });
      const high = await jobs.submit({ spec: exampleSpec(readyDataset, { priority: 10 }) });
      assert.deepEqual(high.job.queue, { position: 1, expectedStartAt: null });
      assert.equal((await jobs.get(low.job.id)).queue?.position, 2);
      await workers.register({ host: 'here', pid: 1, devices: ['cpu', 'cpu'] });
      const listed = await jobs.list({ limit: 10 });
      assert.deepEqual(
        listed.data.map(({ queue }) => [queue?.position, typeof queue?.expectedStartAt]),
        [
          [1, 'string'],
          [2, 'string'],
        ],
      );
      assert.deepEqual(await fresh.services.queueStatus(), {
        backend: 'postgres',
        jobs: { blocked: 0, queued: 2, running: 0, retrying: 0, paused: 0, succeeded: 0, failed: 0, cancelled: 0 },
        workers: 1,
        slots: 2,
        busySlots: 0,
      });
    } finally {
      await fresh.close();
    }
  });
});

suite('hearing of changes', () => {
  test('a listener is called after each change of its job, also when its connection was cut', async () => {
    const job = await submit();
    let calls = 0;
    const stop = scion.services.jobs.onJobChange(job.id, () => {
      calls += 1;
    });
    await eventually(() => calls > 0); // The first call: the connection stands
    const cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'scion-changes'";
    await scion.database.pool.query(`${cut} and datname = current_database()`);
    const before = calls;
    await scion.services.jobs.act(job.id, { action: 'cancel' });
    await eventually(() => calls > before);
    stop();
  });
});
