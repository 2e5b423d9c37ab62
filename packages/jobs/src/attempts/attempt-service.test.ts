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

async function claim(jobId: string, leaseMs = 10_000): Promise<ClaimedAttempt> {
  const claimed = await scion.services.attempts.claim({ jobId, workerId: 'wkr_test', leaseMs });
  assert.ok(claimed);
  return claimed;
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
    const jobId = await submit({ checkpoint: { everyEpochs: 1, everySteps: null, keep: 2 } });
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
    const jobId = await submit({ checkpoint: { everyEpochs: 1, everySteps: null, keep: 1 } });
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
    assert.deepEqual([job.state, job.result], ['succeeded', { model: id, metrics: { 'test/accuracy': 0.75 } }]);
    const { model, key } = await scion.services.models.get(id);
    assert.deepEqual([model.job, model.dataset, model.datasetSha256, key], [jobId, dataset, 'a'.repeat(64), `models/${id}`]);
    assert.deepEqual((await scion.services.models.list({ limit: 10, job: jobId })).data, [model]);
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
      return ids.length > 0 && ids;
    });
    assert.deepEqual(lostJobs, [lost.ref.jobId]);
    assert.equal((await scion.services.jobs.get(lost.ref.jobId)).state, 'retrying');
    assert.equal((await scion.services.jobs.get(kept.ref.jobId)).state, 'running');
  });
});
