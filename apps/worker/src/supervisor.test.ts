import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { openDatabase } from '@scion/jobs';
import { eventually } from '@scion/jobs/testkit';
import { artifactKeys, type Job, newId } from '@scion/schema';
import { isProcessAlive, readProcessSpace } from './processes/process-space.ts';
import type { TrainerStep } from './scripted-trainer.fixture.ts';
import { openWorkshop, type Workshop } from './supervisor.fixture.ts';

let shop: Workshop;

beforeEach(async () => {
  shop = await openWorkshop();
});
afterEach(() => shop.close());

const loss = (step: number, value: number): TrainerStep => ({ do: 'progress', step, loss: value });

async function readStatus(jobId: string): Promise<Job> {
  const bytes = await shop.store.get(artifactKeys.jobStatus(jobId));
  return JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array())) as Job;
}

async function readMetricLines(jobId: string): Promise<[number, number | undefined][]> {
  const bytes = await shop.store.get(artifactKeys.jobMetrics(jobId));
  const lines = new TextDecoder()
    .decode(bytes ?? new Uint8Array())
    .trimEnd()
    .split('\n');
  return lines
    .map((line) => JSON.parse(line) as { step: number; values: Record<string, number> })
    .map(({ step, values }) => [step, values['train/loss']]);
}

/** The process ids and environments that the trainers of an attempt printed. */
async function selfOf(jobId: string, attempt: number): Promise<{ pid: number; startedAt: string; environment: string[] }> {
  const line = await eventually(async () => (await shop.logOf(jobId, attempt)).find((text) => text.startsWith('{')) ?? null);
  return JSON.parse(line) as { pid: number; startedAt: string; environment: string[] };
}

const isGone = (pid: number) => !isProcessAlive(pid);

const running = (jobId: string) => eventually(async () => (await shop.services.jobs.get(jobId)).state === 'running');

suite('a job that goes well', () => {
  test('runs to its end, and the artifact store tells the same as the database', async () => {
    await shop.start();
    const jobId = await shop.submit([[{ do: 'print', line: 'hello' }, loss(1, 3), loss(2, 2), { do: 'checkpoint', step: 2 }]]);
    const job = await shop.ended(jobId);
    assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
    assert.deepEqual(job.metrics.latest, { 'train/loss': 2 });
    assert.deepEqual(await shop.eventTypes(jobId), [
      'job.queued',
      'attempt.started',
      'checkpoint.saved',
      'model.saved',
      'job.succeeded',
    ]);
    assert.deepEqual(await shop.logOf(jobId, 1), ['hello']);
    assert.deepEqual(await readMetricLines(jobId), [
      [1, 3],
      [2, 2],
    ]);
    assert.deepEqual(await eventually(async () => (await readStatus(jobId)).state === 'succeeded' && readStatus(jobId)), job);
  });

  test('its trainer sees no address or password of the database', async () => {
    await shop.start();
    const jobId = await shop.submit([[{ do: 'printSelf' }]]);
    const { environment } = await selfOf(jobId, 1);
    assert.ok(environment.includes('PATH') && environment.includes('CUDA_VISIBLE_DEVICES'));
    assert.ok(!environment.includes('DATABASE_URL'), environment.join(' '));
  });

  test('jobs wait for a free slot: three on one slot run one after the other', async () => {
    await shop.start();
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push(await shop.submit([[loss(1, 1)]]));
    for (const id of ids) assert.equal((await shop.ended(id)).state, 'succeeded');
    const { rows } = await shop.database.pool.query<{ type: string }>(
      "select type from events where type in ('attempt.started', 'job.succeeded') order by id",
    );
    assert.deepEqual(
      rows.map(({ type }) => type),
      Array.from({ length: 3 }, () => ['attempt.started', 'job.succeeded']).flat(),
    );
  });

  test('its trainer has started before the job is even submitted', async () => {
    await shop.start();
    for (let job = 0; job < 2; job++) {
      const jobId = await shop.submit([[{ do: 'printSelf' }, loss(1, 1)]]);
      const { startedAt } = await selfOf(jobId, 1);
      const { state, createdAt } = await shop.ended(jobId);
      assert.equal(state, 'succeeded');
      assert.ok(startedAt < createdAt, `${startedAt} is before ${createdAt}`);
    }
  });

  test('two slots run two jobs at once', async () => {
    await shop.start({ slots: 2 });
    const ids = [await shop.submit([[{ do: 'awaitStop' }]]), await shop.submit([[{ do: 'awaitStop' }]])];
    await Promise.all(ids.map(running));
    const { data } = await shop.services.workers.list({ limit: 1 });
    assert.deepEqual(new Set(data[0]?.running), new Set(ids));
  });

  test('the status of a job that was cancelled in the queue is mirrored too', async () => {
    const jobId = await shop.submit([[]]);
    await shop.services.jobs.act(jobId, { action: 'cancel' });
    await shop.start();
    await eventually(
      async () =>
        (await shop.store.get(artifactKeys.jobStatus(jobId))) !== null && (await readStatus(jobId)).state === 'cancelled',
    );
  });
});

suite('a trainer that dies', () => {
  test('is replaced by one that goes on from the newest checkpoint; the points after it are taken back', async () => {
    await shop.start();
    const jobId = await shop.submit([
      [loss(1, 3), loss(2, 2), { do: 'checkpoint', step: 2 }, loss(3, 9), { do: 'crash' }],
      [{ do: 'resume', step: 2 }, loss(3, 1)],
    ]);
    const job = await shop.ended(jobId);
    assert.deepEqual([job.state, job.attempt], ['succeeded', 2]);
    const { data } = await shop.services.jobs.listEvents(jobId, { limit: 100 });
    const checkpoints = await shop.services.checkpoints.listOfJob(jobId, { limit: 10 });
    assert.equal(data.find(({ type }) => type === 'attempt.resumed')?.data['checkpoint'], checkpoints.data[0]?.id);
    const expected = [
      [1, 3],
      [2, 2],
      [3, 1],
    ];
    assert.deepEqual(
      (await shop.services.jobs.metricPoints(jobId)).map(({ step, value }) => [step, value]),
      expected,
    );
    assert.deepEqual(await readMetricLines(jobId), expected);
  });

  test('leaves no checkpoint behind that no record names', async () => {
    await shop.start();
    const jobId = await shop.submit([[{ do: 'awaitStop' }]]);
    await running(jobId);
    const stray = `${artifactKeys.checkpoint(jobId, newId('checkpoint'))}/parameters.safetensors`;
    await shop.store.put(stray, 'saved, and never reported');
    await shop.services.jobs.act(jobId, { action: 'cancel' });
    await shop.ended(jobId);
    await eventually(async () => (await shop.store.get(stray)) === null);
  });

  test('again and again fails its job as a crash loop, with its last lines, and the worker goes on', async () => {
    await shop.start();
    const bad = await shop.submit([[{ do: 'crash' }]]);
    const good = await shop.submit([[loss(1, 1)]]);
    const job = await shop.ended(bad);
    assert.deepEqual([job.state, job.attempt, job.error?.code], ['failed', 3, 'crashLoop']);
    assert.ok(job.error?.logTail.includes('about to crash'), JSON.stringify(job.error));
    assert.equal((await shop.ended(good)).state, 'succeeded');
  });

  test('for want of memory is told from other deaths', async () => {
    await shop.start();
    const job = await shop.ended(await shop.submit([[{ do: 'fillMemory' }]]));
    assert.deepEqual([job.state, job.error?.code], ['failed', 'outOfMemory']);
  });

  test('or breaks the protocol is ended, and the job says so', async () => {
    await shop.start();
    const job = await shop.ended(await shop.submit([[{ do: 'talkNonsense' }]], { maxRestarts: 0 }));
    assert.deepEqual([job.state, job.error?.code], ['failed', 'trainerCrashed']);
    assert.match(job.error?.message ?? '', /not of its protocol/);
  });

  test('a failure that it explains itself is final', async () => {
    await shop.start();
    const job = await shop.ended(await shop.submit([[{ do: 'fail', code: 'diverged' }]]));
    assert.deepEqual([job.state, job.attempt, job.error?.code, job.error?.message], ['failed', 1, 'diverged', 'On purpose.']);
  });
});

suite('a database that goes away for a moment', () => {
  test('costs no report and no attempt', async () => {
    await shop.start({ slots: 2 });
    const steps = Array.from({ length: 200 }, (_, i): TrainerStep => loss(i + 1, 1));
    const jobId = await shop.submit([steps]);
    await running(jobId);
    const admin = openDatabase(shop.url, { maxConnections: 1 });
    for (let cut = 0; cut < 10; cut++) {
      await admin.pool.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
    }
    await admin.close();
    const job = await eventually(async () => {
      const found = await shop.services.jobs.get(jobId).catch(() => null);
      return found?.state === 'succeeded' && found;
    }, 60_000);
    assert.equal(job.attempt, 1);
    assert.equal((await shop.services.jobs.metricPoints(jobId)).length, steps.length);
    assert.equal((await readMetricLines(jobId)).length, steps.length);
  });
});

suite('cancelling', () => {
  test('a trainer that listens ends at once', async () => {
    await shop.start({ timings: { renewEvery: 60_000 } }); // So that only the news of the change can tell
    const jobId = await shop.submit([[{ do: 'awaitStop' }]]);
    await running(jobId);
    await shop.services.jobs.act(jobId, { action: 'cancel' });
    assert.equal((await shop.ended(jobId)).state, 'cancelled');
  });

  test('a trainer that does not is killed', async () => {
    await shop.start({ timings: { cancelGrace: 200 } });
    const jobId = await shop.submit([[{ do: 'printSelf' }, { do: 'ignoreStop' }]]);
    const { pid } = await selfOf(jobId, 1);
    await shop.services.jobs.act(jobId, { action: 'cancel' });
    assert.equal((await shop.ended(jobId)).state, 'cancelled');
    assert.ok(isGone(pid));
  });
});

suite('pausing', () => {
  test('frees the slot for the next job; resumed, the job goes on from the checkpoint', async () => {
    await shop.start();
    const jobId = await shop.submit([[{ do: 'awaitStop' }], [{ do: 'resume', step: 99 }]]);
    const next = await shop.submit([[loss(1, 1)]]);
    await running(jobId);
    await shop.services.jobs.act(jobId, { action: 'pause' });
    assert.equal((await shop.ended(next)).state, 'succeeded');
    assert.equal((await shop.services.jobs.get(jobId)).state, 'paused');
    await shop.services.jobs.act(jobId, { action: 'resume' });
    const job = await shop.ended(jobId);
    assert.deepEqual([job.state, job.attempt], ['succeeded', 2]);
    const { data } = await shop.services.jobs.listEvents(jobId, { limit: 100 });
    const checkpoints = await shop.services.checkpoints.listOfJob(jobId, { limit: 10 });
    assert.equal(data.find(({ type }) => type === 'attempt.resumed')?.data['checkpoint'], checkpoints.data[0]?.id);
  });

  test('a trainer that does not listen is killed, and that is not held against the job', async () => {
    await shop.start({ timings: { pauseGrace: 200 } });
    const jobId = await shop.submit([[{ do: 'ignoreStop' }]]);
    await running(jobId);
    await shop.services.jobs.act(jobId, { action: 'pause' });
    await eventually(async () => (await shop.services.jobs.get(jobId)).state === 'paused');
    assert.ok(!(await shop.eventTypes(jobId)).includes('attempt.lost'));
  });
});

suite('stopping', () => {
  test('keeps a model, and says where the run was stopped', async () => {
    await shop.start();
    const jobId = await shop.submit([[loss(1, 1), { do: 'awaitStop' }]]);
    await running(jobId);
    await shop.services.jobs.act(jobId, { action: 'stop' });
    const job = await shop.ended(jobId);
    assert.deepEqual([job.state, job.result?.stoppedAt], ['succeeded', { step: 99, epoch: 9.9 }]);
  });

  test('a paused job has a trainer make the model of its checkpoint', async () => {
    await shop.start();
    const jobId = await shop.submit([[{ do: 'awaitStop' }]]);
    await running(jobId);
    await shop.services.jobs.act(jobId, { action: 'pause' });
    await eventually(async () => (await shop.services.jobs.get(jobId)).state === 'paused');
    await shop.services.jobs.act(jobId, { action: 'stop' });
    const job = await shop.ended(jobId);
    assert.deepEqual([job.state, job.attempt, job.result?.stoppedAt?.step], ['succeeded', 2, 99]);
  });

  test('at the deadline a checkpoint is saved, and the job fails', async () => {
    await shop.start();
    const jobId = await shop.submit([[{ do: 'awaitStop' }]], { deadlineMinutes: 0.02 });
    const job = await shop.ended(jobId);
    assert.deepEqual([job.state, job.error?.code], ['failed', 'deadlineExceeded']);
    assert.equal((await shop.services.checkpoints.listOfJob(jobId, { limit: 10 })).data.length, 1);
  });
});

suite('a trainer that goes too far', () => {
  test('is ended where it makes no step for too long, and tried again', async () => {
    await shop.start({ limits: { stuck: { factor: 10, floorMs: 500, startMs: 500 } } });
    const jobId = await shop.submit([[{ do: 'printSelf' }, { do: 'ignoreStop' }], [loss(1, 1)]]);
    const { pid } = await selfOf(jobId, 1);
    const job = await shop.ended(jobId);
    assert.deepEqual([job.state, job.attempt], ['succeeded', 2]);
    assert.ok(isGone(pid));
    const { data } = await shop.services.jobs.listEvents(jobId, { limit: 100 });
    assert.equal(data.find(({ type }) => type === 'attempt.lost')?.data['code'], 'stuck');
  });

  test('is ended where it holds more memory than it may', async () => {
    await shop.start({ limits: { memoryBytes: 400 * 2 ** 20 } });
    const job = await shop.ended(await shop.submit([[{ do: 'holdMemory', bytes: 500 * 2 ** 20 }]]));
    assert.deepEqual([job.state, job.error?.code, job.attempt], ['failed', 'outOfMemory', 2]);
    assert.match(job.error?.message ?? '', /held \d+ MiB of memory, more than the 400 MiB that it may/);
  });
});

suite('a lease that is lost', () => {
  test('ends the trainer; what it still says is not written down, and the job goes on elsewhere', async () => {
    await shop.start();
    const jobId = await shop.submit([[{ do: 'printSelf' }, { do: 'ignoreStop' }], [loss(1, 1)]]);
    const { pid } = await selfOf(jobId, 1);
    // As when this machine is frozen and another worker's reconciler looks; again, should a renewal come in between
    await eventually(async () => {
      await shop.database.pool.query(
        "update jobs set lease_until = clock_timestamp() - interval '1 second' where id = $1 and attempt = 1 and state = 'running'",
        [jobId],
      );
      await shop.services.attempts.expireLeases();
      return (await shop.services.jobs.get(jobId)).attempt === 2;
    });
    const job = await shop.ended(jobId);
    assert.deepEqual([job.state, job.attempt], ['succeeded', 2]);
    assert.ok(isGone(pid));
  });
});

suite('a worker that was killed', () => {
  test('is followed by one that goes on with its job at once, long before the lease runs out', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']); // Of a process that has ended
    const killed = await shop.services.workers.register({
      host: 'here',
      pid,
      devices: ['cpu'],
      processSpace: await readProcessSpace(),
    });
    const jobId = await shop.submit([[], [loss(1, 1)]]);
    await shop.services.attempts.claim({ jobId, workerId: killed, leaseMs: 3_600_000 });
    await shop.start();
    const job = await shop.ended(jobId);
    assert.deepEqual([job.state, job.attempt], ['succeeded', 2]);
    assert.ok((await shop.services.workers.list({ limit: 10 })).data.every(({ id }) => id !== killed));
  });
});

suite('shutting down', () => {
  test('trainers save a checkpoint, and the job goes on in the next worker, with nothing held against it', async () => {
    const first = await shop.start();
    const jobId = await shop.submit([[{ do: 'awaitStop' }], [{ do: 'resume', step: 99 }]]);
    await running(jobId);
    await first.close();
    assert.equal((await shop.services.jobs.get(jobId)).state, 'retrying');
    assert.equal((await shop.services.workers.list({ limit: 1 })).data.length, 0);
    await shop.start();
    const job = await shop.ended(jobId);
    assert.deepEqual([job.state, job.attempt], ['succeeded', 2]);
    assert.ok(!(await shop.eventTypes(jobId)).includes('attempt.lost'));
  });

  test('a trainer that does not end in time is killed, and its job handed back all the same', async () => {
    const first = await shop.start({ timings: { drainGrace: 100 } });
    const jobId = await shop.submit([[{ do: 'printSelf' }, { do: 'ignoreStop' }]]);
    const { pid } = await selfOf(jobId, 1);
    await first.close();
    assert.ok(isGone(pid));
    assert.equal((await shop.services.jobs.get(jobId)).state, 'retrying');
    assert.ok(!(await shop.eventTypes(jobId)).includes('attempt.lost'));
    assert.ok((await shop.queue.entryIds('job')).waiting.has(jobId));
  });
});
