import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { packDataset } from '@scion/data';
import { type DatasetReport, JobSpec, newId, type TrainerOutcome, type TrainerReport, validationError } from '@scion/schema';
import { openFileSystemStore } from '@scion/storage';
import { invalidSettings } from './invalid-settings.ts';
import { resolveSpec } from './resolve-spec.ts';
import { train } from './run/train.ts';
import { CreateJob } from './spec.ts';

export type TrainLocallyOptions = {
  /** As the body of `POST /v1/jobs`; `dataset.id` may be left out. */
  spec: unknown;
  /** The archive to train on. */
  dataPath: string;
  /** Where the packed data, checkpoints and the model go. */
  outDir: string;
  report: (report: TrainerReport) => void;
  signal?: AbortSignal;
};

/** Packs a data set and trains on it, without server, database or queue. Starts from scratch: there are no jobs to start from. */
export async function trainLocally(options: TrainLocallyOptions): Promise<{ dataset: DatasetReport; outcome: TrainerOutcome }> {
  const { dataPath, outDir, report, signal = new AbortController().signal } = options;
  const store = await openFileSystemStore(outDir);
  const datasetId = newId('dataset');
  const job = parseSpec(options.spec, datasetId);
  const key = `datasets/${createHash('sha256').update(dataPath).digest('hex').slice(0, 16)}-${(await stat(dataPath)).mtimeMs.toFixed(0)}`;
  const dataset = await packDataset({
    uploadPath: dataPath,
    fileName: basename(dataPath),
    format: 'auto',
    outDir: await store.localFolder(key),
  });
  const { splits, classNames, example, labels, statistics, sha256 } = dataset;
  const facts = { splits, classNames, shape: example.shape, labels, numbers: statistics?.numbers };
  const spec = resolveSpec(job, { dataset: facts, source: null });
  const run = {
    job: newId('job'),
    attempt: 1,
    spec: JobSpec.parse(spec),
    dataset: { key, sha256 },
    from: null,
    resumeFrom: [],
    artifactsUrl: store.url,
    threads: null,
  };
  return { dataset, outcome: await train({ run, store, report, signal }) };
}

function parseSpec(spec: unknown, datasetId: string): CreateJob {
  const given = typeof spec === 'object' && spec !== null ? spec : {};
  const dataset: unknown = 'dataset' in given ? given.dataset : {};
  const isObject = typeof dataset === 'object' && dataset !== null;
  const parsed = CreateJob.safeParse({ ...given, dataset: isObject ? { id: datasetId, ...dataset } : dataset });
  if (!parsed.success) throw validationError(parsed.error, 'spec', 'specInvalid');
  const { kind, from } = parsed.data;
  if (from && !('scratch' in from)) {
    const remedy = kind === 'pretrain' ? 'leave it out' : 'use { "scratch": { "backbone": … } }';
    const message = `Without a server there are no jobs or models to start from: ${remedy}`;
    throw invalidSettings({ path: 'from', message });
  }
  return parsed.data;
}
