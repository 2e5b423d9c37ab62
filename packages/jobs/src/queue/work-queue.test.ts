import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { newId } from '@scion/schema';
import { freePort } from '../embedded-postgres/free-port.ts';
import { createTestDatabase, createTestServices, eventually, exampleSpec, type TestDatabase } from '../testkit/index.ts';
import { createQueue, type QueueOptions } from './bullmq-queue.ts';
import { type RedisServer, startRedisServer, whyNoRedis } from './redis-server.fixture.ts';
import type { WorkQueue } from './work-queue.ts';

let queueCount = 0;

function queueContract(backend: WorkQueue['backend'], backendOptions: () => Partial<QueueOptions>): void {
  let database: TestDatabase;
  let queue: WorkQueue;

  const openQueue = () =>
    createQueue({ databaseUrl: database.url, prefix: `queue-test-${process.pid}-${queueCount}`, ...backendOptions() });

  beforeEach(async () => {
    queueCount += 1;
    database = await createTestDatabase();
    queue = await openQueue();
  });

  afterEach(async () => {
    await queue.close();
    await database.close();
  });

  test('says which backend it is on, and answers a ping', async () => {
    assert.equal(queue.backend, backend);
    await queue.ping();
  });

  test('hands out entries by priority, then in the order in which they were added', async () => {
    const ids = [0, 5, 0, -3, 5].map((priority) => ({ id: newId('job'), priority }));
    for (const entry of ids) await queue.add('job', [entry]);
    const seen: string[] = [];
    queue.consume('job', {
      concurrency: 1,
      handle: async (id) => {
        seen.push(id);
        return 'done';
      },
    });
    await eventually(() => seen.length === ids.length);
    const [first, second, third, fourth, fifth] = ids.map(({ id }) => id);
    assert.deepEqual(seen, [second, fifth, first, third, fourth]);
  });

  test('keeps the two kinds of work apart', async () => {
    const job = newId('job');
    const dataset = newId('dataset');
    await queue.add('job', [{ id: job, priority: 0 }]);
    await queue.add('dataset', [{ id: dataset, priority: 0 }]);
    assert.deepEqual([...(await queue.entryIds('job')).waiting], [job]);
    assert.deepEqual([...(await queue.entryIds('dataset')).waiting], [dataset]);
  });

  test('adding an entry twice is adding it once, and an entry that was handled can be added again', async () => {
    const id = newId('job');
    await queue.add('job', [{ id, priority: 0 }]);
    await queue.add('job', [{ id, priority: 0 }]);
    assert.deepEqual(await queue.counts('job'), { waiting: 1, active: 0 });
    let handled = 0;
    queue.consume('job', {
      concurrency: 1,
      handle: async () => {
        handled += 1;
        return 'done';
      },
    });
    await eventually(async () => handled === 1 && (await queue.counts('job')).active === 0);
    await queue.add('job', [{ id, priority: 0 }]);
    await eventually(() => handled === 2);
  });

  test('an entry put back goes to the next free consumer', async () => {
    const id = newId('job');
    let tries = 0;
    queue.consume('job', {
      concurrency: 1,
      handle: async () => {
        tries += 1;
        return tries < 3 ? 'again' : 'done';
      },
    });
    await queue.add('job', [{ id, priority: 0 }]);
    await eventually(async () => tries === 3 && (await queue.counts('job')).active === 0);
    assert.deepEqual(await queue.counts('job'), { waiting: 0, active: 0 });
  });

  test('runs at most `concurrency` handlers at once, and shows which entries wait and which are handled', async () => {
    const ids = Array.from({ length: 3 }, () => newId('job'));
    const release: (() => void)[] = [];
    queue.consume('job', {
      concurrency: 2,
      handle: () =>
        new Promise((done) => {
          release.push(() => done('done'));
        }),
    });
    await queue.add(
      'job',
      ids.map((id) => ({ id, priority: 0 })),
    );
    await eventually(() => release.length === 2);
    const { waiting, active } = await queue.entryIds('job');
    assert.deepEqual([...active].sort(), ids.slice(0, 2).sort());
    assert.deepEqual([...waiting], ids.slice(2));
    release.shift()?.();
    await eventually(() => release.length === 2);
    for (const finish of release) finish();
  });

  test('a handler that throws loses its entry, and the consumer goes on', async () => {
    const [bad, good] = [newId('job'), newId('job')];
    const seen: string[] = [];
    queue.consume('job', {
      concurrency: 1,
      handle: async (id) => {
        seen.push(id);
        if (id === bad) throw new Error('on purpose');
        return 'done';
      },
    });
    await queue.add('job', [
      { id: bad, priority: 1 },
      { id: good, priority: 0 },
    ]);
    await eventually(async () => seen.length === 2 && (await queue.counts('job')).active === 0);
    assert.deepEqual(await queue.counts('job'), { waiting: 0, active: 0 });
  });

  test('closing a consumer waits for its handlers and takes no further entry', async () => {
    const ids = [newId('job'), newId('job')];
    const seen: string[] = [];
    let finish = () => {};
    const consumer = queue.consume('job', {
      concurrency: 1,
      handle: (id) => {
        seen.push(id);
        return new Promise((done) => {
          finish = () => done('done');
        });
      },
    });
    await queue.add(
      'job',
      ids.map((id) => ({ id, priority: 0 })),
    );
    await eventually(() => seen.length === 1);
    const closed = consumer.close();
    finish();
    await closed;
    assert.deepEqual(seen, ids.slice(0, 1));
    assert.deepEqual(await queue.counts('job'), { waiting: 1, active: 0 });
  });

  test('removes entries that wait', async () => {
    const [kept, removed] = [newId('job'), newId('job')];
    await queue.add('job', [
      { id: kept, priority: 0 },
      { id: removed, priority: 0 },
    ]);
    await queue.remove('job', [removed, newId('job')]);
    assert.deepEqual([...(await queue.entryIds('job')).waiting], [kept]);
  });
}

suite('the queue on PostgreSQL', () => {
  queueContract('postgres', () => ({}));
});

suite('the queue on Redis', { skip: whyNoRedis }, () => {
  let redis: RedisServer;

  before(async () => {
    redis = await startRedisServer();
  });
  after(() => redis.stop());

  queueContract('redis', () => ({ redisUrl: redis.url }));

  test('adding fails fast while Redis is away', { timeout: 20_000 }, async () => {
    const database = await createTestDatabase();
    const port = await freePort();
    const queue = await createQueue({ databaseUrl: database.url, redisUrl: `redis://127.0.0.1:${port}` });
    await assert.rejects(queue.add('job', [{ id: newId('job'), priority: 0 }]));
    await queue.close();
    await database.close();
  });

  test('what a flush took is added again', async () => {
    const scion = await createTestServices({ redisUrl: redis.url });
    const spec = exampleSpec(await scion.addReadyDataset());
    const { job } = await scion.services.jobs.submit({ spec });
    await redis.flush();
    assert.equal((await scion.queue.entryIds('job')).waiting.size, 0);
    assert.deepEqual((await scion.services.reconciler.reconcile()).requeued, [job.id]);
    assert.deepEqual([...(await scion.queue.entryIds('job')).waiting], [job.id]);
    await scion.close();
  });
});
