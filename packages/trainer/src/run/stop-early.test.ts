import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { parameterFiles } from '@scion/schema';
import { readParameterFolder } from '../artifact/parameter-folder.ts';
import { packTinyDataset } from '../tiny-dataset.fixture.ts';
import {
  type Attempt,
  attempt,
  createRun,
  eventsOf,
  hurryClock,
  modelHash,
  nextAttempt,
  openTemporaryStore,
  pointsOf,
  reportsOf,
  resolveOn,
} from '../training.fixture.ts';

const { store } = await openTemporaryStore();
const dataset = await packTinyDataset(store);

/** The loss of batches is lowest early: at this rate the steps overshoot. */
const specOf = (stopEarly: object, training: object = {}) =>
  resolveOn(dataset, {
    kind: 'pretrain',
    backbone: { type: 'convnet-small' },
    method: { type: 'supervised' },
    training: { epochs: 12, batchSize: 8, seed: 3, optimizer: { type: 'sgd', learningRate: 1 }, stopEarly, ...training },
    checkpoint: { keep: 100 },
  });

const watched = { metric: 'test/loss', mode: 'min', patience: 3 };

/** Values of the watched metric, epoch by epoch. */
const lossesOf = ({ reports }: Attempt) => eventsOf(reports, 'epoch.finished').map(({ data }) => Number(data['test/loss']));

describe('a run that watches for its best model', () => {
  let unbroken: Attempt;
  before(async () => {
    unbroken = await attempt(store, createRun(store, dataset, specOf(watched)));
  });

  it('ends once the metric waited in vain, and says so', () => {
    const losses = lossesOf(unbroken);
    const best = losses.indexOf(Math.min(...losses));
    assert.ok(losses.length < 12, `${losses.length} epochs`);
    assert.equal(losses.length, best + 1 + watched.patience);
    const [ended] = eventsOf(unbroken.reports, 'run.endedEarly');
    assert.equal(ended?.data['epoch'], losses.length);
  });

  it('keeps the parameters and the numbers of the best epoch', async () => {
    const losses = lossesOf(unbroken);
    const best = Math.min(...losses);
    const [model] = reportsOf(unbroken.reports, 'model');
    assert.equal(model?.metrics['test/loss'], best);
    assert.equal(unbroken.outcome.type === 'succeeded' && unbroken.outcome.metrics['test/loss'], best);
    const checkpoint = reportsOf(unbroken.reports, 'checkpoint').find(({ metrics }) => metrics['test/loss'] === best);
    const kept = await readParameterFolder(store, model!.key, { withOptimizer: false });
    const then = await readParameterFolder(store, checkpoint!.key, { withOptimizer: false });
    assert.deepEqual(kept.parameters, then.parameters);
    assert.equal(kept.manifest.step, checkpoint!.step);
  });

  for (const epoch of [1, 3]) {
    it(`is the same run when it is resumed after epoch ${epoch}`, async (t) => {
      hurryClock(t);
      const run = createRun(store, dataset, specOf(watched));
      const isThere = (type: string, data: Record<string, unknown>) => type === 'epoch.finished' && data['epoch'] === epoch;
      const drained = await attempt(store, run, {
        reason: 'drain',
        at: (report) => report.type === 'event' && isThere(report.event, report.data),
      });
      const resumed = await attempt(store, nextAttempt(run, drained.reports));
      assert.equal(modelHash(resumed.reports), modelHash(unbroken.reports));
      assert.deepEqual([...lossesOf(drained), ...lossesOf(resumed)], lossesOf(unbroken));
    });
  }

  it('does not train on where it died after it was over, before its model was written', async () => {
    const run = createRun(store, dataset, specOf(watched));
    const resumed = await attempt(store, nextAttempt(run, unbroken.reports));
    assert.deepEqual(pointsOf(resumed.reports), {});
    assert.equal(modelHash(resumed.reports), modelHash(unbroken.reports));
  });

  it('says what there is to watch where the metric is not', async () => {
    const { outcome } = await attempt(store, createRun(store, dataset, specOf({ metric: 'test/f1' })));
    assert.deepEqual(outcome, {
      type: 'failed',
      code: 'specInvalid',
      message:
        'training.stopEarly.metric: there is no "test/f1"; this run measures train/loss, train/accuracy, test/loss, test/accuracy',
    });
  });

  it('keeps no second copy of the parameters where nobody watches', async () => {
    const { reports } = await attempt(store, createRun(store, dataset, specOf(watched, { stopEarly: null, epochs: 1 })));
    const [checkpoint] = reportsOf(reports, 'checkpoint');
    assert.equal(await store.get(`${checkpoint!.key}/${parameterFiles.best}`), null);
  });
});
