import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { TrainerOutcome } from '@scion/schema';
import { readParameterFolder } from '../artifact/parameter-folder.ts';
import type { MethodEntry } from '../methods/define-method.ts';
import { pretrainMethods } from '../methods/pretrain/index.ts';
import { packTinyDataset } from '../tiny-dataset.fixture.ts';
import {
  attempt,
  createRun,
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

  async function resumesExactly(t: TestContext, method: object, backbone: object): Promise<void> {
    hurryClock(t);
    const spec = resolveOn(dataset, { ...body, method, backbone, evaluate: null, checkpoint: { everySteps: 1 } });
    const whole = await attempt(store, createRun(store, dataset, spec));
    const run = createRun(store, dataset, spec);
    const stopped = await attempt(store, run, {
      reason: 'drain',
      at: (report) => report.type === 'progress' && report.progress.step === 5,
    });
    assert.deepEqual(stopped.outcome, { type: 'stopped', reason: 'drain' });
    const resumed = await attempt(store, nextAttempt(run, stopped.reports));
    assert.equal(modelHash(resumed.reports), modelHash(whole.reports));
  }
});
