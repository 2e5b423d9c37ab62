import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import {
  JobSpec,
  newId,
  type ParameterSource,
  type StopReason,
  type TrainerOutcome,
  type TrainerReport,
  type TrainRun,
} from '@scion/schema';
import { type ArtifactStore, openFileSystemStore } from '@scion/storage';
import { resolveSpec, type TeacherModel } from './resolve-spec.ts';
import { train } from './run/train.ts';
import { CreateJob, type ResolvedSpec } from './spec.ts';
import type { TinyDataset } from './tiny-dataset.fixture.ts';

/** A store in a folder that goes away with the test file. */
export async function openTemporaryStore(): Promise<{ store: ArtifactStore; root: string }> {
  const root = await mkdtemp(join(tmpdir(), 'scion-trainer-'));
  after(() => rm(root, { recursive: true, force: true }));
  return { store: await openFileSystemStore(root), root };
}

/** The spec of a job on a tiny data set, resolved as the API does it. `body` is that of `POST /v1/jobs` without `dataset`. */
export function resolveOn(
  dataset: TinyDataset,
  body: Record<string, unknown>,
  source: JobSpec | null = null,
  teacher: TeacherModel | null = null,
): ResolvedSpec {
  const { splits, classNames, example, labels, statistics } = dataset.report;
  const job = CreateJob.parse({ ...body, dataset: { id: newId('dataset'), ...(body['dataset'] ?? {}) } });
  const numbers = statistics?.numbers;
  return resolveSpec(job, { dataset: { splits, classNames, shape: example.shape, labels, numbers }, source, teacher });
}

/** A first attempt at a job. */
export function createRun(store: ArtifactStore, dataset: TinyDataset, spec: ResolvedSpec): TrainRun {
  return {
    job: newId('job'),
    attempt: 1,
    spec: JobSpec.parse(spec),
    dataset: { key: dataset.key, sha256: dataset.sha256 },
    from: null,
    resumeFrom: [],
    artifactsUrl: store.url,
    threads: null,
  };
}

type ReportOf<Type extends TrainerReport['type']> = Extract<TrainerReport, { type: Type }>;

/** One attempt, as its supervisor sees it. */
export type Attempt = { outcome: TrainerOutcome; reports: readonly TrainerReport[] };

/** What to stop an attempt for: it is aborted with `reason` from within the first report that `at` is true for. */
export type Stop = { reason: StopReason; at: (report: TrainerReport) => boolean };

export async function attempt(store: ArtifactStore, run: TrainRun, stop?: Stop): Promise<Attempt> {
  const stopping = new AbortController();
  const reports: TrainerReport[] = [];
  const report = (content: TrainerReport) => {
    reports.push(structuredClone(content));
    if (stop?.at(content)) stopping.abort(stop.reason);
  };
  const outcome = await train({ run, store, report, signal: stopping.signal });
  return { outcome, reports };
}

export function reportsOf<Type extends TrainerReport['type']>(reports: readonly TrainerReport[], type: Type): ReportOf<Type>[] {
  return reports.filter((report): report is ReportOf<Type> => report.type === type);
}

export function eventsOf(reports: readonly TrainerReport[], name: string): ReportOf<'event'>[] {
  return reportsOf(reports, 'event').filter(({ event }) => event === name);
}

/** All metric points as `name@step` → value. A point that is reported twice must be the same both times. */
export function pointsOf(reports: readonly TrainerReport[]): Record<string, number> {
  const points: Record<string, number> = {};
  for (const { metrics } of reportsOf(reports, 'progress')) {
    for (const { step, name, value } of metrics) {
      const key = `${name}@${step}`;
      if (key in points && points[key] !== value) throw new Error(`${key} was reported as ${points[key]} and as ${value}`);
      points[key] = value;
    }
  }
  return Object.fromEntries(Object.entries(points).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** SHA-256 of the trained parameters. */
export function modelHash(reports: readonly TrainerReport[]): string {
  const [model] = reportsOf(reports, 'model');
  if (!model) throw new Error('The attempt made no model');
  return model.sha256;
}

/** The run's next attempt, from the checkpoints that its attempts reported so far. */
export function nextAttempt(run: TrainRun, reports: readonly TrainerReport[]): TrainRun {
  const saved = reportsOf(reports, 'checkpoint').map(({ id, key }): ParameterSource => ({ id, key }));
  return { ...run, attempt: run.attempt + 1, resumeFrom: [...saved.reverse(), ...run.resumeFrom] };
}

/** Lets a second pass at each look at the clock, so that an attempt reports after every step. */
export function hurryClock(t: TestContext): void {
  let nowMs = 0;
  t.mock.method(performance, 'now', () => {
    nowMs += 1000;
    return nowMs;
  });
}
