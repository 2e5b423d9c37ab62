import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type ErrorCode, newId, ScionError } from '@scion/schema';
import { createTestServices, exampleSpec, type TestServices } from '../testkit/index.ts';
import { createTrashService } from './trash-service.ts';

let scion: TestServices;
let dataset: string;

before(async () => {
  scion = await createTestServices();
  dataset = await scion.addReadyDataset();
});
after(() => scion.close());

const isError = (code: ErrorCode, path?: string) => (error: unknown) =>
  error instanceof ScionError &&
  error.code === code &&
  (path === undefined || error.details.some((detail) => detail.path === path));

const submit = async (overrides: Parameters<typeof exampleSpec>[1] = {}) =>
  (await scion.services.jobs.submit({ spec: exampleSpec(dataset, overrides) })).job.id;

/** A job that has ended, with a checkpoint and, if it succeeded, a model. */
async function endedJob(outcome: 'succeeded' | 'failed' = 'succeeded') {
  const { attempts } = scion.services;
  const jobId = await submit();
  const claimed = await attempts.claim({ jobId, workerId: 'wkr_test', leaseMs: 60_000 });
  assert.ok(claimed);
  const file = { sizeBytes: 4, sha256: 'd'.repeat(64), metrics: {} };
  const checkpoint = newId('checkpoint');
  const key = `jobs/${jobId}/checkpoints/${checkpoint}`;
  await attempts.recordReport(claimed.ref, { type: 'checkpoint', id: checkpoint, key, epoch: 1, step: 1, ...file });
  const { metrics: _, ...picture } = { ...file, name: 'neighbour-sheet-step-1.png', kind: 'neighbour-sheet' as const };
  await attempts.recordReport(claimed.ref, { type: 'artifact', mediaType: 'image/png', epoch: 1, step: 1, ...picture });
  const model = newId('model');
  if (outcome === 'failed') {
    await attempts.finish(claimed.ref, { type: 'failed', code: 'diverged', message: 'NaN' }, []);
    return { jobId, checkpoint, model };
  }
  const network = { backbone: { type: 'reference-net' }, inputShape: [8, 8, 3], classNames: [], parameterCount: 1 };
  await attempts.recordReport(claimed.ref, { type: 'model', id: model, key: `models/${model}`, ...network, ...file });
  await attempts.finish(claimed.ref, { type: 'succeeded', model, metrics: {} }, []);
  return { jobId, checkpoint, model };
}

/** The same trash, where nothing stays. */
const impatient = () => createTrashService({ database: scion.database, keepDays: 0, scope: null });

suite('the trash', () => {
  test('takes a job, which nothing finds then, and gives it back as it was', async () => {
    const { jobId } = await endedJob('failed');
    const { jobs, trash } = scion.services;
    const before = await jobs.get(jobId);
    await trash.deleteJob(jobId);
    await assert.rejects(jobs.get(jobId), isError('notFound'));
    await assert.rejects(jobs.act(jobId, { action: 'retry', from: 'checkpoint' }), isError('notFound'));
    await assert.rejects(jobs.listEvents(jobId, { limit: 1 }), isError('notFound'));
    await assert.rejects(submit({ dependsOn: [jobId] }), isError('validationFailed', 'dependsOn.0'));
    await assert.rejects(trash.deleteJob(jobId), isError('notFound'));
    assert.ok(!(await jobs.list({ limit: 100 })).data.some(({ id }) => id === jobId));
    await trash.restore(jobId);
    assert.deepEqual(await jobs.get(jobId), before);
    await assert.rejects(trash.restore(jobId), isError('notFound'));
  });

  test('takes a model, and gives it back', async () => {
    const { model } = await endedJob();
    const { models, trash } = scion.services;
    await trash.deleteModel(model);
    await assert.rejects(models.get(model), isError('notFound'));
    assert.ok(!(await models.list({ limit: 100 })).data.some(({ id }) => id === model));
    await trash.restore(model);
    assert.equal((await models.get(model)).model.id, model);
  });

  test('is listed page by page, deleted last first, with the day on which each is gone', async () => {
    const { trash } = scion.services;
    const ids = [];
    for (let i = 0; i < 3; i++) {
      const { jobId, model } = await endedJob();
      await trash.deleteModel(model);
      await trash.deleteJob(jobId);
      ids.unshift(jobId, model);
    }
    const seen = [];
    let after: string | undefined;
    do {
      const page = await trash.list({ limit: 4, after });
      seen.push(...page.data);
      after = page.nextAfter ?? undefined;
    } while (after !== undefined);
    assert.deepEqual(
      seen.map(({ id }) => id),
      ids,
    );
    const [first] = seen;
    assert.ok(first && Date.parse(first.purgeAt) - Date.parse(first.deletedAt) === 30 * 24 * 3_600_000);
  });
});

suite('what others need', () => {
  test('a job that has not ended is not deleted', async () => {
    await assert.rejects(scion.services.trash.deleteJob(await submit()), isError('conflict'));
  });

  test('nor one whose model is there, nor one that an unfinished job needs; each is named', async () => {
    const { trash } = scion.services;
    const { jobId, model } = await endedJob();
    await assert.rejects(trash.deleteJob(jobId), isError('recordInUse', model));
    const other = await endedJob('failed');
    const user = await submit({ kind: 'finetune', from: { checkpoint: other.checkpoint } });
    await assert.rejects(trash.deleteJob(other.jobId), isError('recordInUse', user));
    await scion.services.jobs.act(user, { action: 'cancel' });
    await trash.deleteJob(other.jobId);
  });

  test('nor a model that an unfinished job starts from', async () => {
    const { jobId, model } = await endedJob();
    for (const from of [{ model }, { job: jobId }]) {
      const user = await submit({ kind: 'finetune', from });
      await assert.rejects(scion.services.trash.deleteModel(model), isError('recordInUse', user));
      await scion.services.jobs.act(user, { action: 'cancel' });
    }
    await scion.services.trash.deleteModel(model);
  });
});

suite('emptying the trash', () => {
  test('forgets what was deleted long enough ago, and names the folders of its files', async () => {
    const { jobId, model } = await endedJob();
    const later = await submit({ dependsOn: [jobId] });
    await scion.services.jobs.act(later, { action: 'cancel' });
    await scion.services.trash.deleteModel(model);
    await scion.services.trash.deleteJob(jobId);
    const kept = await scion.services.trash.purge();
    assert.deepEqual(kept, [], 'thirty days are not over');
    const purged = await impatient().purge();
    assert.ok(purged.includes(`jobs/${jobId}`) && purged.includes(`models/${model}`));
    await assert.rejects(scion.services.trash.restore(jobId), isError('notFound'));
    assert.deepEqual(await impatient().purge(), []);
    const list = async (folder: string) => (folder === 'jobs' ? [jobId, later].map((id) => `jobs/${id}/status.json`) : []);
    assert.deepEqual(await scion.services.orphans.find({ list, olderThanMs: -1 }), [`jobs/${jobId}`]);
  });

  test('leaves a job whose model was taken back', async () => {
    const { jobId, model } = await endedJob();
    const { trash } = scion.services;
    await trash.deleteModel(model);
    await trash.deleteJob(jobId);
    await trash.restore(model);
    assert.deepEqual(await impatient().purge(), []);
    await trash.restore(jobId);
    assert.equal((await scion.services.models.get(model)).model.job, jobId);
  });
});
