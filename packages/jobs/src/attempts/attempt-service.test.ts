import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Checkpoint, type JobProgress, newId, ScionError, type TrainerReport } from '@scion/schema';
import { createTestServices, eventually, exampleSpec, type TestServices } from '../testkit/index.ts';
import type { AttemptRef } from './attempt-ref.ts';
import type { ClaimedAttempt } from './attempt-service.ts';

let scion: TestServices;
let dataset: string;

before(async () => {
  scion = await createTestServices();
  dataset = await scion.addReadyDataset();
});
after(() => scion.close());

const isLeaseLost = (error: unknown) => error instanceof ScionError && error.code === 'leaseLost';

async function submit(overrides: Parameters<typeof exampleSpec>[1] = {}): Promise<string> {
  return (await scion.services.jobs.submit({ spec: exampleSpec(dataset, overrides) })).job.id;
}

/** Claims the job, as soon as it may be tried. */
function claim(jobId: string, leaseMs = 10_000): Promise<ClaimedAttempt> {
  return eventually(() => scion.services.attempts.claim({ jobId, workerId: 'wkr_test', leaseMs }));
}

const progress = (step: number): JobProgress => ({
  epoch: step / 10,
  epochs: 10,
  step,
  steps: 100,
  fraction: step / 100,
  etaSeconds: 1,
  imagesPerSecond: 1,
});

function progressReport(step: number, values: Record<string, number>): TrainerReport {
  return {
    type: 'progress',
    progress: progress(step),
    metrics: Object.entries(values).map(([name, value]) => ({ step, name, value })),
  };
}

function checkpointReport(jobId: string, step: number): TrainerReport & { type: 'checkpoint' } {
  const id = newId('checkpoint');
  return {
    type: 'checkpoint',
    id,
    key: `jobs/${jobId}/checkpoints/${id}`,
    epoch: step / 10,
    step,
    metrics: { 'test/accuracy': 0.5 },
    sizeBytes: 100,
    sha256: 'c'.repeat(64),
  };
}

const keeping = (keep: number) => ({ everyEpochs: 1, everySteps: null, keep, keepBest: null, keepEveryEpochs: null });

const die = (ref: AttemptRef) =>
  scion.services.attempts.attemptDied(ref, { code: 'trainerCrashed', message: 'It died.', logTail: ['line'] });

suite('claiming', () => {
  test('of many claims at once, one gets the job, with all that a trainer needs', async () => {
    const jobId = await submit();
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, i) => scion.services.attempts.claim({ jobId, workerId: `wkr_${i}`, leaseMs: 10_000 })),
    );
    const [won, ...others] = claims.filter((claimed) => claimed !== null);
    assert.equal(others.length, 0);
    assert.deepEqual(won, {
      ref: { jobId, attempt: 1 },
      run: {
        job: jobId,
        attempt: 1,
        spec: exampleSpec(dataset),
        dataset: { key: `datasets/${dataset}/packed`, sha256: 'a'.repeat(64) },
        from: null,
        resumeFrom: [],
      },
      stopRequested: null,
    });
    assert.equal((await scion.services.jobs.get(jobId)).state, 'running');
  });

  test('a job whose inputs are gone fails instead of starting', async () => {
    const jobId = await submit({ kind: 'finetune', from: { model: newId('model') } });
    assert.equal(await scion.services.attempts.claim({ jobId, workerId: 'wkr_test', leaseMs: 1000 }), null);
    assert.equal((await scion.services.jobs.get(jobId)).error?.code, 'specInvalid');
  });

  test('there is nothing to claim of a job that does not exist', async () => {
    assert.equal(await scion.services.attempts.claim({ jobId: newId('job'), workerId: 'wkr_test', leaseMs: 1000 }), null);
  });
});

suite('reports', () => {
  test('progress shows in the job, its metrics as columns, latest and best', async () => {
    const jobId = await submit();
    const { ref } = await claim(jobId);
    const losses = [3, 1, 2];
    for (const [i, loss] of losses.entries()) {
      await scion.services.attempts.recordReport(ref, progressReport(i + 1, { 'train/loss': loss, 'test/accuracy': 1 / loss }));
    }
    const job = await scion.services.jobs.get(jobId);
    assert.deepEqual(job.progress, progress(3));
    assert.deepEqual(job.metrics, {
      latest: { 'train/loss': 2, 'test/accuracy': 0.5 },
      best: { 'train/loss': 1, 'test/accuracy': 1 },
    });
    assert.deepEqual((await scion.services.jobs.metrics(jobId)).data['train/loss'], { step: [1, 2, 3], value: [3, 1, 2] });
  });

  test('columns can be thinned out, and keep the last point', async () => {
    const jobId = await submit();
    const { ref } = await claim(jobId);
    for (let step = 1; step <= 10; step++) {
      await scion.services.attempts.recordReport(ref, progressReport(step, { 'train/loss': step }));
    }
    const { data } = await scion.services.jobs.metrics(jobId, { every: 4 });
    assert.deepEqual(data['train/loss']?.step, [1, 5, 9, 10]);
  });

  test('a checkpoint is listed, and the ones beyond those to keep are handed out for removal', async () => {
    const jobId = await submit({ checkpoint: keeping(2) });
    const { ref } = await claim(jobId);
    const reports = [10, 20, 30].map((step) => checkpointReport(jobId, step));
    const surplus = [];
    for (const report of reports) {
      surplus.push(...(await scion.services.attempts.recordReport(ref, report)).surplusCheckpoints);
    }
    const [oldest] = reports;
    assert.deepEqual(surplus, [{ id: oldest?.id, key: oldest?.key }]);
    await scion.services.checkpoints.forget(surplus.map(({ id }) => id));
    const { data } = await scion.services.checkpoints.listOfJob(jobId, { limit: 10 });
    assert.deepEqual(data.map(({ step }) => step).sort(), [20, 30]);
    assert.deepEqual(Checkpoint.parse(data[0]), data[0]);
    const events = await scion.services.jobs.listEvents(jobId, { limit: 100 });
    assert.equal(events.data.filter(({ type }) => type === 'checkpoint.saved').length, 3);
  });

  test('a checkpoint that another unfinished job starts from is not handed out', async () => {
    const jobId = await submit({ checkpoint: keeping(1) });
    const { ref } = await claim(jobId);
    const needed = checkpointReport(jobId, 10);
    await scion.services.attempts.recordReport(ref, needed);
    await submit({ kind: 'finetune', from: { checkpoint: needed.id } });
    const { surplusCheckpoints } = await scion.services.attempts.recordReport(ref, checkpointReport(jobId, 20));
    assert.deepEqual(surplusCheckpoints, []);
  });

  test('a report that is sent again because its answer got lost is written down once', async () => {
    const jobId = await submit();
    const { ref } = await claim(jobId);
    const report = checkpointReport(jobId, 10);
    for (let i = 0; i < 2; i++) await scion.services.attempts.recordReport(ref, report);
    const { data } = await scion.services.jobs.listEvents(jobId, { limit: 100 });
    assert.equal(data.filter(({ type }) => type === 'checkpoint.saved').length, 1);
  });

  test('success needs the model that it names', async () => {
    const jobId = await submit();
    const { ref } = await claim(jobId);
    const state = await scion.services.attempts.finish(ref, { type: 'succeeded', model: newId('model'), metrics: {} }, []);
    assert.equal(state, 'retrying');
    assert.equal((await scion.services.jobs.get(jobId)).result, null);
  });

  test('a success leaves a model and a result', async () => {
    const jobId = await submit();
    const { ref } = await claim(jobId);
    const id = newId('model');
    await scion.services.attempts.recordReport(ref, {
      type: 'model',
      id,
      key: `models/${id}`,
      backbone: { type: 'reference-net' },
      inputShape: [8, 8, 3],
      classNames: ['cat', 'dog'],
      parameterCount: 10,
      metrics: { 'test/accuracy': 0.75 },
      sizeBytes: 40,
      sha256: 'b'.repeat(64),
    });
    await scion.services.attempts.finish(ref, { type: 'succeeded', model: id, metrics: { 'test/accuracy': 0.75 } }, []);
    const job = await scion.services.jobs.get(jobId);
    assert.deepEqual([job.state, job.result], ['succeeded', { model: id, metrics: { 'test/accuracy': 0.75 }, stoppedAt: null }]);
    const { model, key } = await scion.services.models.get(id);
    assert.deepEqual([model.job, model.dataset, model.datasetSha256, key], [jobId, dataset, 'a'.repeat(64), `models/${id}`]);
    assert.deepEqual((await scion.services.models.list({ limit: 10, job: jobId })).data, [model]);
  });
});

suite('the line', () => {
  test('of all jobs that wait, the one of highest priority is first, among these the oldest', async () => {
    const own = await createTestServices();
    try {
      const ready = await own.addReadyDataset();
      const ids: string[] = [];
      for (const priority of [0, 5, 0, 5]) {
        ids.push((await own.services.jobs.submit({ spec: exampleSpec(ready, { priority }) })).job.id);
      }
      const claims = await Promise.all(ids.map(() => own.services.attempts.claim({ workerId: 'wkr_test', leaseMs: 10_000 })));
      assert.deepEqual(new Set(claims.map((claimed) => claimed?.ref.jobId)), new Set(ids));
      const { rows } = await own.database.pool.query<{ job_id: string }>(
        "select job_id from events where type = 'attempt.started' order by id",
      );
      assert.deepEqual(
        rows.map(({ job_id }) => job_id),
        [1, 3, 0, 2].map((i) => ids[i]),
      );
      assert.equal(await own.services.attempts.claim({ workerId: 'wkr_test', leaseMs: 10_000 }), null);
    } finally {
      await own.close();
    }
  });

  test('a job whose inputs are gone does not hold up the one behind it', async () => {
    const own = await createTestServices();
    try {
      const ready = await own.addReadyDataset();
      const broken = exampleSpec(ready, { kind: 'finetune', from: { model: newId('model') } });
      await own.services.jobs.submit({ spec: broken });
      const { job } = await own.services.jobs.submit({ spec: exampleSpec(ready) });
      assert.equal((await own.services.attempts.claim({ workerId: 'wkr_test', leaseMs: 10_000 }))?.ref.jobId, job.id);
    } finally {
      await own.close();
    }
  });
});

test('of the jobs with a tag no more run at once than may; others go past those that are held back', async () => {
  const own = await createTestServices();
  try {
    const ready = await own.addReadyDataset();
    const { jobs, limits, attempts } = own.services;
    const submitTagged = async (tags: string[]) => (await jobs.submit({ spec: exampleSpec(ready, { tags }) })).job.id;
    const next = async () => (await attempts.claim({ workerId: 'wkr_test', leaseMs: 60_000 }))?.ref ?? null;
    await limits.set('big', 1);
    const [first, second, other] = [await submitTagged(['big']), await submitTagged(['x', 'big']), await submitTagged(['x'])];
    const [one, two, three] = [await next(), await next(), await next()];
    assert.deepEqual([one?.jobId, two?.jobId, three], [first, other, null]);
    assert.ok(one);
    await attempts.finish(one, { type: 'failed', code: 'diverged', message: 'NaN' }, []);
    assert.equal((await next())?.jobId, second);
    const third = await submitTagged(['big']);
    assert.equal(await next(), null);
    await limits.remove('big');
    assert.equal((await next())?.jobId, third);
  } finally {
    await own.close();
  }
});

suite('the wait for another try', () => {
  test('is as long as the job says, on the clock of the database', async () => {
    const jobId = await submit();
    await die((await claim(jobId)).ref);
    const { nextTryAt } = await scion.services.jobs.get(jobId);
    assert.ok(nextTryAt !== null);
    assert.equal(await scion.services.attempts.claim({ jobId, workerId: 'wkr_test', leaseMs: 1 }), null);
    const waitMs = await scion.services.attempts.msUntilNextTry(jobId);
    assert.ok(waitMs !== null && waitMs > 0 && waitMs <= 1000, `${waitMs} ms`);
    const { ref } = await claim(jobId);
    const { rows } = await scion.database.pool.query<{ held: boolean }>(
      'select started_at >= $2 as held from attempts where job_id = $1 and number = $3',
      [jobId, nextTryAt, ref.attempt],
    );
    assert.deepEqual(rows, [{ held: true }]);
    assert.equal((await scion.services.jobs.get(jobId)).nextTryAt, null);
    assert.equal(await scion.services.attempts.msUntilNextTry(jobId), null);
  });

  test('there is none after a loss that is no number; the learning rate is lower then', async () => {
    const training = { epochs: 10, optimizer: { type: 'sgd', learningRate: 0.8, momentum: 0.9 } };
    const jobId = await submit({ training, onDivergence: { retries: 2, learningRateFactor: 0.5 } });
    const rateOf = ({ run }: ClaimedAttempt) => run.spec['training'];
    for (const learningRate of [0.8, 0.4, 0.2]) {
      const claimed = await scion.services.attempts.claim({ jobId, workerId: 'wkr_test', leaseMs: 10_000 });
      assert.ok(claimed);
      assert.deepEqual(rateOf(claimed), { ...training, optimizer: { ...training.optimizer, learningRate } });
      await scion.services.attempts.finish(claimed.ref, { type: 'failed', code: 'diverged', message: 'NaN' }, []);
    }
    const { state, error, attempt } = await scion.services.jobs.get(jobId);
    assert.deepEqual([state, error?.code, attempt], ['failed', 'diverged', 3]);
  });

  test('a checkpoint that a trainer found damaged comes after the intact ones', async () => {
    const jobId = await submit();
    const { ref } = await claim(jobId);
    const [older, newer] = [checkpointReport(jobId, 10), checkpointReport(jobId, 20)];
    for (const report of [older, newer]) await scion.services.attempts.recordReport(ref, report);
    await scion.services.attempts.recordReport(ref, {
      type: 'event',
      event: 'checkpoint.corrupt',
      level: 'warn',
      message: 'A byte has changed',
      data: { checkpoint: newer.id },
    });
    await scion.services.attempts.finish(ref, { type: 'stopped', reason: 'drain' }, []);
    assert.deepEqual(
      (await claim(jobId)).run.resumeFrom.map(({ id }) => id),
      [older.id, newer.id],
    );
  });
});

suite('deaths and fencing', () => {
  test('a job that died is claimed again with its checkpoints, newest first', async () => {
    const jobId = await submit();
    const first = await claim(jobId);
    const reports = [checkpointReport(jobId, 10), checkpointReport(jobId, 20)];
    for (const report of reports) await scion.services.attempts.recordReport(first.ref, report);
    assert.equal(await die(first.ref), 'retrying');
    const second = await claim(jobId);
    assert.equal(second.ref.attempt, 2);
    assert.deepEqual(
      second.run.resumeFrom.map(({ id }) => id),
      reports.map(({ id }) => id).reverse(),
    );
  });

  test('an attempt that is over can write nothing more', async () => {
    const jobId = await submit();
    const stale = (await claim(jobId)).ref;
    await die(stale);
    const current = (await claim(jobId)).ref;
    const { attempts } = scion.services;
    await assert.rejects(attempts.recordReport(stale, progressReport(1, { 'train/loss': 9 })), isLeaseLost);
    await assert.rejects(attempts.recordReport(stale, checkpointReport(jobId, 1)), isLeaseLost);
    await assert.rejects(attempts.finish(stale, { type: 'failed', code: 'diverged', message: 'x' }, []), isLeaseLost);
    await assert.rejects(die(stale), isLeaseLost);
    assert.deepEqual(await attempts.renewLeases([stale, current], 10_000), [{ ...current, stopRequested: null }]);
    assert.deepEqual(await scion.services.jobs.metrics(jobId), { data: {} });
  });

  test('three deaths with no new checkpoint between are a crash loop; a checkpoint starts the count again', async () => {
    const jobId = await submit({ maxRestarts: 10 });
    for (const stateAfter of ['retrying', 'retrying']) assert.equal(await die((await claim(jobId)).ref), stateAfter);
    const { ref } = await claim(jobId);
    await scion.services.attempts.recordReport(ref, checkpointReport(jobId, 10));
    assert.equal(await die(ref), 'retrying');
    for (const stateAfter of ['retrying', 'failed']) assert.equal(await die((await claim(jobId)).ref), stateAfter);
    const { error } = await scion.services.jobs.get(jobId);
    assert.equal(error?.code, 'crashLoop');
    assert.deepEqual(error?.logTail, ['line']);
  });

  test('a resumed attempt takes back the points after its checkpoint, from the best values too', async () => {
    const jobId = await submit();
    const first = (await claim(jobId)).ref;
    for (const [step, loss] of [
      [1, 3],
      [2, 2],
      [3, 0.1],
    ] as const) {
      await scion.services.attempts.recordReport(first, progressReport(step, { 'train/loss': loss }));
    }
    await scion.services.attempts.recordReport(first, checkpointReport(jobId, 2));
    await die(first);
    const second = (await claim(jobId)).ref;
    await scion.services.attempts.recordReport(second, {
      type: 'event',
      event: 'attempt.resumed',
      level: 'info',
      message: 'Goes on after step 2',
      data: { step: 2 },
    });
    assert.deepEqual((await scion.services.jobs.metrics(jobId)).data, { 'train/loss': { step: [1, 2], value: [3, 2] } });
    assert.deepEqual((await scion.services.jobs.get(jobId)).metrics, { latest: { 'train/loss': 2 }, best: { 'train/loss': 2 } });
  });

  test('an attempt that starts again from nothing takes back every point', async () => {
    const jobId = await submit();
    const first = (await claim(jobId)).ref;
    await scion.services.attempts.recordReport(first, progressReport(1, { 'train/loss': 0.1 }));
    await die(first);
    await claim(jobId);
    const job = await scion.services.jobs.get(jobId);
    assert.deepEqual(job.metrics, { latest: {}, best: {} });
    assert.equal(job.progress.step, 0);
    assert.deepEqual(await scion.services.jobs.metrics(jobId), { data: {} });
  });

  test('a lease that ran out ends the attempt; one that is renewed does not', async () => {
    const lost = await claim(await submit(), 1);
    const kept = await claim(await submit(), 60_000);
    const lostJobs = await eventually(async () => {
      const ids = await scion.services.attempts.expireLeases();
      return ids.includes(lost.ref.jobId) && ids;
    });
    assert.ok(!lostJobs.includes(kept.ref.jobId));
    assert.equal((await scion.services.jobs.get(lost.ref.jobId)).state, 'retrying');
    assert.equal((await scion.services.jobs.get(kept.ref.jobId)).state, 'running');
  });
});
