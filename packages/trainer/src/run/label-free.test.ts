import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { JobSpec, type TrainerOutcome } from '@scion/schema';
import { readParameterFolder } from '../artifact/parameter-folder.ts';
import type { MethodEntry } from '../methods/define-method.ts';
import { pretrainMethods } from '../methods/pretrain/index.ts';
import { packTinyDataset } from '../tiny-dataset.fixture.ts';
import {
  attempt,
  createRun,
  eventsOf,
  hurryClock,
  modelHash,
  nextAttempt,
  openTemporaryStore,
  reportsOf,
  resolveOn,
} from '../training.fixture.ts';

const { store } = await openTemporaryStore();
const dataset = await packTinyDataset(store, { train: 40, test: 12 });

const body = {
  kind: 'pretrain',
  backbone: { type: 'convnet-small' },
  method: { type: 'simclr', width: 16 },
  training: { epochs: 2, batchSize: 10, optimizer: { type: 'adamw', learningRate: 0.001 } },
  augment: [
    { type: 'random-affine', degrees: 10, translate: 0.1 },
    { type: 'normalize', mean: [0.5], std: [0.5] },
  ],
};

const labelFreeScores = ['featureSpread', 'effectiveRank', 'alignment', 'uniformity'];

function scoresOf(outcome: TrainerOutcome, prefix: string): Record<string, number> {
  if (outcome.type !== 'succeeded') return {};
  const entries = Object.entries(outcome.metrics).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(prefix.length), value]));
}

describe('pretraining without labels', () => {
  it('measures by labels that training never sees, and leaves a model of the backbone alone', async () => {
    const run = createRun(store, dataset, resolveOn(dataset, { ...body, dataset: { labels: { perClass: 1 } } }));
    const { outcome, reports } = await attempt(store, run);
    assert.equal(outcome.type, 'succeeded', JSON.stringify(outcome));
    const scores = scoresOf(outcome, 'test/');
    assert.deepEqual(Object.keys(scores).sort(), ['knnAccuracy', 'probeAccuracy', ...labelFreeScores].sort());
    for (const accuracy of [scores['knnAccuracy']!, scores['probeAccuracy']!]) assert.ok(accuracy >= 0 && accuracy <= 1);
    assert.ok(scores['featureSpread']! > 0 && scores['effectiveRank']! >= 1 && scores['alignment']! > 0, JSON.stringify(scores));
    const [model] = reportsOf(reports, 'model');
    const { parameters } = await readParameterFolder(store, model!.key, { withOptimizer: false });
    assert.deepEqual(
      [...parameters.keys()].filter((name) => name.startsWith('projector')),
      [],
    );
    const progress = reportsOf(reports, 'progress').at(-1)!.progress;
    assert.equal(progress.steps, 8, 'steps of two epochs over all 40 examples');
  });

  it('is still measured where no label is, on a held-out split and on what it trains on', async () => {
    for (const [counts, split] of [
      [{ test: 12 }, 'test'],
      [{ test: 0 }, 'train'],
    ] as const) {
      const unlabelled = await packTinyDataset(store, { train: 40, ...counts, labelled: false });
      const { outcome } = await attempt(store, createRun(store, unlabelled, resolveOn(unlabelled, body)));
      assert.equal(outcome.type, 'succeeded', JSON.stringify(outcome));
      const scores = scoresOf(outcome, `${split}/`);
      assert.deepEqual(
        labelFreeScores.filter((name) => !Number.isFinite(scores[name])),
        [],
      );
      assert.equal(scores['knnAccuracy'], undefined);
    }
  });

  it('is not changed by being evaluated', async () => {
    const hashes = [];
    for (const evaluate of [null, { split: 'test' }]) {
      const run = createRun(store, dataset, resolveOn(dataset, { ...body, evaluate }));
      hashes.push(modelHash((await attempt(store, run)).reports));
    }
    assert.equal(hashes[0], hashes[1]);
  });

  for (const { id, tiny, needs } of (pretrainMethods as readonly MethodEntry[]).filter(({ examples }) => examples === 'all')) {
    it(`goes on from a checkpoint of ${id} as if it had never stopped`, (t) =>
      resumesExactly(t, { type: id, ...tiny }, needs === 'tokens' ? { type: 'vit-tiny', depth: 1 } : body.backbone));
  }

  it('learns from a teacher what it gives, leaves it as it is, and keeps no part of it', async () => {
    const teacher = await trainTeacher();
    const { parameters: taught } = await readParameterFolder(store, teacher.source.key, { withOptimizer: false });
    for (const [match, number] of [
      ['features', 'teacherSimilarity'],
      ['logits', 'teacherAgreement'],
    ] as const) {
      const method = { type: 'distillation', teacher: { model: teacher.source.id }, match };
      const training = { ...body.training, epochs: 10, optimizer: { type: 'adam', learningRate: 0.01 } };
      const spec = resolveOn(dataset, { ...body, method, training, evaluate: null }, null, teacher.model);
      const run = { ...createRun(store, dataset, spec), teacher: teacher.source };
      const { outcome, reports } = await attempt(store, run);
      assert.equal(outcome.type, 'succeeded', JSON.stringify(outcome));
      const epochs = eventsOf(reports, 'epoch.finished').map(({ data }) => data[`train/${number}`] as number);
      assert.ok(epochs.at(-1)! > epochs[0]! && epochs.at(-1)! > 0.7, `${number}: ${epochs.join(', ')}`);
      const last = reportsOf(reports, 'checkpoint').at(-1)!;
      const { parameters } = await readParameterFolder(store, last.key, { withOptimizer: false });
      const held = [...parameters].filter(([name]) => name.startsWith('teacher.'));
      const isHead = (name: string) => name.startsWith('head.');
      assert.equal(held.length, [...taught.keys()].filter((name) => match === 'logits' || !isHead(name)).length);
      for (const [name, { data }] of held) assert.deepEqual(data, taught.get(name.slice('teacher.'.length))?.data, name);
      const { parameters: model } = await readParameterFolder(store, reportsOf(reports, 'model')[0]!.key, {
        withOptimizer: false,
      });
      assert.ok(![...model.keys()].some((name) => name.startsWith('teacher.') || isHead(name)), [...model.keys()].join());
    }
  });

  /** A classifier on images of its own normalisation and size. */
  async function trainTeacher() {
    const augment = [
      { type: 'resize', size: 10 },
      { type: 'normalize', mean: [0.2], std: [0.4] },
    ];
    const training = { epochs: 10, batchSize: 20, optimizer: { type: 'adam', learningRate: 0.01 } };
    const spec = resolveOn(dataset, { ...body, method: { type: 'supervised' }, augment, training, evaluate: null });
    const [model] = reportsOf((await attempt(store, createRun(store, dataset, spec))).reports, 'model');
    return {
      source: { id: model!.id, key: model!.key },
      model: { made: JobSpec.parse(spec), classNames: dataset.report.classNames },
    };
  }

  async function resumesExactly(t: TestContext, method: object, backbone: object): Promise<void> {
    hurryClock(t);
    const job = { ...body, method, backbone, evaluate: null, checkpoint: { everySteps: 1 } };
    const teacher = 'teacher' in method ? await trainTeacher() : null;
    const spec = resolveOn(dataset, job, null, teacher?.model ?? null);
    const run = { ...createRun(store, dataset, spec), ...(teacher ? { teacher: teacher.source } : {}) };
    const whole = await attempt(store, run);
    const stopped = await attempt(store, run, {
      reason: 'drain',
      at: (report) => report.type === 'progress' && report.progress.step === 5,
    });
    assert.deepEqual(stopped.outcome, { type: 'stopped', reason: 'drain' });
    const resumed = await attempt(store, nextAttempt(run, stopped.reports));
    assert.equal(modelHash(resumed.reports), modelHash(whole.reports));
  }
});
