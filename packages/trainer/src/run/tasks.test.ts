import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createPredictor, type Predictor } from '../predictor.ts';
import { packTinyDataset, type TinyDataset } from '../tiny-dataset.fixture.ts';
import { barNames, drawBars, packTinyTable } from '../tiny-table.fixture.ts';
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
const training = { epochs: 15, batchSize: 20, optimizer: { type: 'adam', learningRate: 0.01 } };
const from = { scratch: { backbone: { type: 'convnet-small' } } };
const augment = [{ type: 'normalize', mean: [0.3], std: [0.3] }];
const body = { kind: 'finetune', from, augment, training };

let sets: TinyDataset;
let numbers: TinyDataset;
let predictor: Predictor;

before(async () => {
  sets = await packTinyTable(store, 'classes');
  numbers = await packTinyTable(store, 'number');
  predictor = await createPredictor(store);
});

async function trained(dataset: TinyDataset, change: object = {}) {
  const spec = resolveOn(dataset, { ...body, method: { type: 'full' }, ...change });
  const { outcome, reports } = await attempt(store, createRun(store, dataset, spec));
  assert.ok(outcome.type === 'succeeded', JSON.stringify(outcome));
  const [model] = reportsOf(reports, 'model');
  return { spec, metrics: outcome.metrics, model: model! };
}

describe('a data set of sets of classes', () => {
  it('is learnt as multi-label, and predicted with a score for each class', async () => {
    const { spec, metrics, model } = await trained(sets);
    assert.deepEqual(spec.task, { type: 'multi-label', threshold: 0.5 });
    assert.ok(metrics['test/map']! > 0.95 && metrics['test/microF1']! > 0.9, JSON.stringify(metrics));
    const shown = await drawBars(35, 'test');
    const predictions = await predictor.predict(
      model,
      shown.map(({ image }) => image),
      5,
    );
    const right = predictions.filter((told, i) => 'scores' in told && String(told.labels) === String(shown[i]!.bars)).length;
    assert.ok(right >= 30, `${right} of 35 sets are right`);
    const [first] = predictions;
    assert.deepEqual(first && 'scores' in first && Object.keys(first.scores).sort(), [...barNames].sort());
  });

  it('can be learnt from some of its labels, by a head alone; not by so many of each class', async () => {
    const { metrics } = await trained(sets, { method: { type: 'linear-probe' }, dataset: { labels: { count: 60 } } });
    assert.ok(metrics['test/map']! > 0.8, JSON.stringify(metrics));
    assert.throws(() => resolveOn(sets, { ...body, method: { type: 'full' }, dataset: { labels: { perClass: 5 } } }), {
      code: 'specInvalid',
      message: /labels\.perClass: Its examples have not one class each/,
    });
  });

  it('is refused where one class each is needed', () => {
    const pretrain = { kind: 'pretrain', backbone: { type: 'convnet-small' }, training };
    assert.throws(() => resolveOn(sets, { ...body, method: { type: 'full' }, task: { type: 'single-label' } }), {
      message: /labelled with sets of classes, but full needs one class for each/,
    });
    assert.throws(() => resolveOn(sets, { ...pretrain, method: { type: 'supcon' } }), {
      message: /labelled with sets of classes, but supcon needs one class for each/,
    });
    assert.equal(resolveOn(sets, { ...pretrain, method: { type: 'simclr' } }).evaluate?.split, 'test');
  });
});

describe('a data set of numbers', () => {
  it('is learnt as regression in units of its deviation, and predicted in its own', async () => {
    const { spec, metrics, model } = await trained(numbers);
    const { mean, deviation } = numbers.report.statistics?.numbers?.['train'] ?? {};
    assert.deepEqual(spec.task, { type: 'regression', mean, deviation });
    assert.ok(metrics['test/r2']! > 0.8, JSON.stringify(metrics));
    assert.ok(metrics['test/mae']! <= metrics['test/rmse']!);
    const shown = await drawBars(35, 'test');
    const predictions = await predictor.predict(
      model,
      shown.map(({ image }) => image),
      1,
    );
    const errors = predictions.map((told, i) =>
      Math.abs(('value' in told ? told.value : Number.NaN) - shown[i]!.bars.length * shown[i]!.brightness),
    );
    const mae = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    assert.ok(Math.abs(mae - metrics['test/mae']!) < 0.1, `${mae} as predicted, ${metrics['test/mae']} as evaluated`);
  });

  it('trains a head alone, with mixed images, in micro-batches, and resumes bit-exactly', async (t) => {
    const change = {
      method: { type: 'linear-probe' },
      augment: [...augment, { type: 'mixup' }],
      training: { ...training, epochs: 2, batchSize: 16, accumulate: 2 },
    };
    const run = createRun(store, numbers, resolveOn(numbers, { ...body, ...change }));
    const unbroken = await attempt(store, run);
    assert.equal(unbroken.outcome.type, 'succeeded', JSON.stringify(unbroken.outcome));
    hurryClock(t);
    const stopped = await attempt(store, run, { reason: 'drain', at: (r) => r.type === 'progress' && r.progress.step === 4 });
    const resumed = await attempt(store, nextAttempt(run, stopped.reports));
    assert.equal(modelHash(resumed.reports), modelHash(unbroken.reports));
  });
});

describe('a data set of one class each', () => {
  it('is learnt as such; a task that its labels do not tell of is refused', async () => {
    const classes = await packTinyDataset(store);
    assert.deepEqual(resolveOn(classes, { ...body, method: { type: 'full' } }).task, { type: 'single-label' });
    assert.throws(() => resolveOn(classes, { ...body, method: { type: 'full' }, task: { type: 'regression' } }), {
      message: /labelled with one class each, but full needs a number for each/,
    });
  });
});
