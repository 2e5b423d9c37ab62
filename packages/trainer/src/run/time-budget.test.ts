import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { packTinyDataset } from '../tiny-dataset.fixture.ts';
import {
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
import { epochsWithin } from './time-budget.ts';

const { store } = await openTemporaryStore();
const dataset = await packTinyDataset(store);

const specOf = (maxMinutes: number | null, epochs = 10) =>
  resolveOn(dataset, {
    kind: 'pretrain',
    backbone: { type: 'convnet-small' },
    method: { type: 'supervised' },
    evaluate: null,
    training: { batchSize: 8, maxMinutes, epochs, schedule: { type: 'cosine' } },
  });

describe('a time budget', () => {
  it('is filled with epochs but for a tenth, and holds one at least', () => {
    assert.equal(epochsWithin(100_000, 10_000), 9);
    assert.equal(epochsWithin(109_000, 10_000), 9);
    assert.equal(epochsWithin(5_000, 10_000), 1);
  });

  it('plans the schedule: the run is that of as many epochs asked for, and says how many', async (t) => {
    hurryClock(t); // a step takes a second of this clock, so an epoch three
    const planned = await attempt(store, createRun(store, dataset, specOf(0.5)));
    const [event] = eventsOf(planned.reports, 'run.planned');
    const epochs = Number(event?.data['epochs']);
    assert.ok(epochs >= 2 && epochs <= 9, `${epochs}`);
    assert.equal(eventsOf(planned.reports, 'epoch.finished').length, epochs);
    const asked = await attempt(store, createRun(store, dataset, specOf(null, epochs)));
    assert.equal(modelHash(planned.reports), modelHash(asked.reports));
    assert.deepEqual(pointsOf(planned.reports), pointsOf(asked.reports));
  });

  it('is planned once: what goes on from a checkpoint takes the plan from there, however slow the machine is by then', async (t) => {
    hurryClock(t);
    const run = createRun(store, dataset, specOf(0.5));
    const whole = await attempt(store, run);
    const drained = await attempt(store, run, {
      reason: 'drain',
      at: (report) => report.type === 'progress' && report.progress.step === 2,
    });
    t.mock.restoreAll(); // the same machine, a thousand times as fast
    const resumed = await attempt(store, nextAttempt(run, drained.reports));
    assert.equal(eventsOf(resumed.reports, 'run.planned').length, 0);
    assert.equal(modelHash(resumed.reports), modelHash(whole.reports));
  });

  it('trains one epoch where none fits, with a warning that says what to do', async (t) => {
    hurryClock(t);
    const { outcome, reports } = await attempt(store, createRun(store, dataset, specOf(0.001)));
    assert.equal(outcome.type, 'succeeded');
    const [event] = eventsOf(reports, 'run.planned');
    assert.equal(event?.level, 'warn');
    assert.match(event?.message ?? '', /stepsPerEpoch/);
    assert.equal(reportsOf(reports, 'progress').at(-1)?.progress.epochs, 1);
  });
});
