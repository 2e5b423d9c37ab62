import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { after, before, suite, test } from 'node:test';
import { artifactKeys, type Job, type MetricPoint, newId } from '@scion/schema';
import { createTestServices, exampleSpec, type TestServices } from '../testkit/index.ts';
import type { CheckOptions, StoredFiles } from './consistency-check.ts';
import { type FindingCode, findingKinds } from './finding.ts';

let scion: TestServices;
let dataset: string;
const files = new Map<string, string>();
const stored: StoredFiles = {
  list: async (folder) => [...files.keys()].filter((key) => key.startsWith(`${folder}/`)).sort(),
  get: async (key) => (files.has(key) ? Buffer.from(files.get(key)!) : null),
  openRead: async (key) => (files.has(key) ? Readable.from([Buffer.from(files.get(key)!)]) : null),
  sizeOf: async (key) => files.get(key)?.length ?? null,
  remove: async (folder) => {
    for (const key of files.keys()) if (key === folder || key.startsWith(`${folder}/`)) files.delete(key);
  },
  appendMetrics: async (jobId, points) => writeMetrics(jobId, points),
};
const options: CheckOptions = { files: stored, deep: true, orphanAgeMs: 0, secondLookMs: 0 };

before(async () => {
  scion = await createTestServices();
  dataset = await scion.addReadyDataset();
  await scion.services.reconciler.reconcile();
  files.set(`${artifactKeys.datasetPacked(dataset)}/images.bin`, 'packed');
  files.set(artifactKeys.datasetUpload(dataset), 'u'.repeat(1000));
});
after(() => scion.close());

function writeMetrics(jobId: string, points: readonly MetricPoint[]): void {
  const lines = points.map(({ step, name, value }) => `${JSON.stringify({ step, values: { [name]: value } })}\n`);
  files.set(artifactKeys.jobMetrics(jobId), lines.join(''));
}

function writeFolder(folder: string): { sizeBytes: number; sha256: string } {
  const sha256 = createHash('sha256').update('weights').digest('hex');
  files.set(`${folder}/parameters.safetensors`, 'weights');
  files.set(`${folder}/manifest.json`, JSON.stringify({ files: { 'parameters.safetensors': { sizeBytes: 7, sha256 } } }));
  return { sizeBytes: 7, sha256 };
}

/** A job that has trained a step, saved a checkpoint and made a model, with all of its files. */
async function finishedJob(): Promise<{ job: Job; checkpoint: string; model: string }> {
  const { jobs, attempts } = scion.services;
  const { id } = (await jobs.submit({ spec: exampleSpec(dataset) })).job;
  const { ref } = (await attempts.claim({ jobId: id, workerId: 'wkr_test', leaseMs: 60_000 }))!;
  const progress = { epoch: 1, epochs: 1, step: 1, steps: 1, fraction: 1, etaSeconds: 0, imagesPerSecond: 1 };
  await attempts.recordReport(ref, { type: 'progress', progress, metrics: [{ step: 1, name: 'train/loss', value: 0.5 }] });
  const checkpoint = newId('checkpoint');
  const key = artifactKeys.checkpoint(id, checkpoint);
  await attempts.recordReport(ref, {
    type: 'checkpoint',
    id: checkpoint,
    key,
    epoch: 1,
    step: 1,
    metrics: {},
    ...writeFolder(key),
  });
  const model = await reportModel(ref);
  await attempts.finish(ref, { type: 'succeeded', model, metrics: {} }, []);
  await scion.queue.remove('job', [id]);
  await mirrorAll();
  return { job: await jobs.get(id), checkpoint, model };
}

async function reportModel(ref: { jobId: string; attempt: number }): Promise<string> {
  const id = newId('model');
  const key = artifactKeys.model(id);
  const described = {
    backbone: { type: 'reference-net' },
    inputShape: [8, 8, 3],
    classNames: [],
    parameterCount: 1,
    metrics: {},
  };
  await scion.services.attempts.recordReport(ref, { type: 'model', id, key, ...described, ...writeFolder(key) });
  return id;
}

async function mirrorAll(): Promise<void> {
  for (const { job, version } of await scion.services.mirror.pending(1000)) {
    files.set(artifactKeys.jobStatus(job.id), JSON.stringify(job));
    writeMetrics(job.id, await scion.services.jobs.metricPoints(job.id));
    await scion.services.mirror.markMirrored(job.id, version);
  }
}

const found = async () => (await scion.services.consistency.find(options)).map(({ code, subject }) => `${code} ${subject}`);
const execute = (statement: string, ...values: unknown[]) => scion.database.pool.query(statement, values);

type Damage = { breaks: FindingCode; how: string; harm: () => Promise<{ subject: string; others?: string[] }> };

/** A finished job, harmed by one statement about it. */
const onJob = (breaks: FindingCode, statement: string, others: FindingCode[] = []): Damage => ({
  breaks,
  how: statement,
  harm: async () => {
    const { job } = await finishedJob();
    await execute(statement, job.id);
    return { subject: job.id, others: others.map((code) => `${code} ${job.id}`) };
  },
});

const damages: readonly Damage[] = [
  onJob('attemptOpen', "update attempts set state = 'running' where job_id = $1"),
  onJob('attemptUncounted', 'delete from attempts where job_id = $1'),
  onJob(
    'attemptOrder',
    "insert into events (job_id, attempt, type, level, message, data) values ($1, 0, 'job.succeeded', 'info', '', '{}')",
    ['endTwice'],
  ),
  onJob('attemptUnknown', 'update metrics set attempt = 2 where job_id = $1'),
  onJob('metricBeyondProgress', "update jobs set progress = jsonb_set(progress, '{step}', '0') where id = $1"),
  onJob(
    'endTwice',
    "insert into events (job_id, attempt, type, level, message, data) values ($1, 1, 'job.succeeded', 'info', '', '{}')",
  ),
  onJob('endUntold', "delete from events where job_id = $1 and type = 'job.succeeded'", []),
  onJob('stopLeft', "update jobs set stop_requested = 'pause' where id = $1"),
  onJob('resultMissing', 'update jobs set result = null where id = $1'),
  {
    breaks: 'leaseExpired',
    how: 'the lease of a running job ends, and nobody looks',
    harm: async () => {
      const { id } = (await scion.services.jobs.submit({ spec: exampleSpec(dataset) })).job;
      await scion.services.attempts.claim({ jobId: id, workerId: 'wkr_test', leaseMs: -120_000 });
      return { subject: id };
    },
  },
  {
    breaks: 'blockedForNothing',
    how: 'a job is blocked, and depends on nothing',
    harm: async () => {
      const { id } = (await scion.services.jobs.submit({ spec: exampleSpec(dataset) })).job;
      await execute("update jobs set state = 'blocked' where id = $1", id);
      return { subject: id, others: [`entryWithoutWork ${id}`] };
    },
  },
  {
    breaks: 'entryMissing',
    how: 'the queue loses the entry of a waiting job',
    harm: async () => {
      const { id } = (await scion.services.jobs.submit({ spec: exampleSpec(dataset) })).job;
      await scion.queue.remove('job', [id]);
      return { subject: id };
    },
  },
  {
    breaks: 'entryWithoutWork',
    how: 'the queue names a job that never was',
    harm: async () => {
      const id = newId('job');
      await scion.queue.add('job', [{ id, priority: 0 }]);
      return { subject: id };
    },
  },
  {
    breaks: 'validationExpired',
    how: 'the lease of a validation ends, and nobody looks',
    harm: async () => {
      const { id } = await scion.services.datasets.create({ format: 'auto', fileName: 'a.zip', sizeBytes: 1 });
      await scion.services.validations.claim({ datasetId: id, workerId: 'wkr_test', leaseMs: -120_000 });
      await scion.queue.remove('dataset', [id]);
      return { subject: id };
    },
  },
  {
    breaks: 'reportMissing',
    how: 'a ready data set has no report',
    harm: async () => {
      const id = await scion.addReadyDataset();
      await scion.queue.remove('dataset', [id]);
      await execute('update datasets set report = null where id = $1', id);
      return { subject: id };
    },
  },
  {
    breaks: 'modelWithoutSuccess',
    how: 'a model is of a run that made none',
    harm: async () => {
      const { job } = await finishedJob();
      const id = newId('model');
      const key = artifactKeys.model(id);
      const { sha256 } = writeFolder(key);
      await execute(
        `insert into models (id, job_id, name, kind, key, backbone, input_shape, class_names, parameter_count, metrics, size_bytes, sha256)
         select $2, job_id, name, kind, $3, backbone, input_shape, class_names, parameter_count, metrics, size_bytes, $4 from models where job_id = $1`,
        job.id,
        id,
        key,
        sha256,
      );
      return { subject: id };
    },
  },
  {
    breaks: 'checkpointDamaged',
    how: 'a bit of a checkpoint flips',
    harm: async () => {
      const { job, checkpoint } = await finishedJob();
      files.set(`${artifactKeys.checkpoint(job.id, checkpoint)}/parameters.safetensors`, 'weighty');
      return { subject: checkpoint };
    },
  },
  {
    breaks: 'modelDamaged',
    how: 'a file of a model is gone',
    harm: async () => {
      const { model } = await finishedJob();
      files.delete(`${artifactKeys.model(model)}/parameters.safetensors`);
      return { subject: model };
    },
  },
  {
    breaks: 'datasetDamaged',
    how: 'the upload of a data set is cut short',
    harm: async () => {
      files.set(artifactKeys.datasetUpload(dataset), 'u');
      return { subject: dataset };
    },
  },
  {
    breaks: 'filesWithoutRecord',
    how: 'a trainer died before it told of its model',
    harm: async () => {
      const folder = artifactKeys.model(newId('model', Date.now() - 1));
      writeFolder(folder);
      return { subject: folder };
    },
  },
  {
    breaks: 'statusBehind',
    how: 'status.json is that of an earlier state',
    harm: async () => {
      const { job } = await finishedJob();
      files.set(artifactKeys.jobStatus(job.id), JSON.stringify({ ...job, state: 'running' }));
      return { subject: job.id };
    },
  },
  {
    breaks: 'metricsBehind',
    how: 'the last line of metrics.jsonl is torn',
    harm: async () => {
      const { job } = await finishedJob();
      files.set(artifactKeys.jobMetrics(job.id), '{"step":1,"values":{"train/l');
      return { subject: job.id };
    },
  },
];

suite('a check of records, queue and files', () => {
  test('finds nothing where all agree, also of a job that was cancelled as it ended', async () => {
    await finishedJob();
    const { jobs, attempts } = scion.services;
    const { id } = (await jobs.submit({ spec: exampleSpec(dataset) })).job;
    const { ref } = (await attempts.claim({ jobId: id, workerId: 'wkr_test', leaseMs: 60_000 }))!;
    const model = await reportModel(ref);
    await jobs.act(id, { action: 'cancel' });
    assert.equal(await attempts.finish(ref, { type: 'succeeded', model, metrics: {} }, []), 'cancelled');
    assert.equal((await scion.services.models.list({ limit: 10, job: id })).data.length, 0, 'a cancelled job has no model');
    await stored.remove(artifactKeys.model(model));
    await scion.queue.remove('job', [id]);
    await mirrorAll();
    assert.deepEqual(await scion.services.consistency.find(options), []);
  });

  test('has a case for each of its findings', () => {
    assert.deepEqual(new Set(damages.map(({ breaks }) => breaks)), new Set(Object.keys(findingKinds)));
  });

  for (const { breaks, how, harm } of damages) {
    test(`finds ${breaks}, and repairs what it says: ${how}`, async () => {
      const before = new Set(await found());
      const { subject, others = [] } = await harm();
      const findings = (await scion.services.consistency.find(options)).filter(
        ({ code, subject: of }) => !before.has(`${code} ${of}`),
      );
      const names = findings.map(({ code, subject: of }) => `${code} ${of}`);
      assert.ok(names.includes(`${breaks} ${subject}`), `found ${names.join(', ') || 'nothing'}`);
      for (const other of others) assert.ok(names.includes(other), `${other} is not in ${names.join(', ')}`);
      await scion.services.consistency.repair(findings, options);
      await mirrorAll();
      const left = await found();
      assert.equal(left.includes(`${breaks} ${subject}`), findingKinds[breaks].repair === null);
    });
  }
});
