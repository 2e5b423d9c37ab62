import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { parameterFiles, type TrainerReport, type TrainRun } from '@scion/schema';
import { packTinyDataset, type TinyDataset } from '../tiny-dataset.fixture.ts';
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

/** 20 examples in batches of 8, or of three times 3: three steps an epoch, the last one smaller; nine steps in all. */
const stepsPerEpoch = 3;
const epochs = 3;
const training = { epochs, batchSize: 8, seed: 7, regularizers: [{ type: 'l2', lambda: 0.001 }] };

/** Everything that a run draws or carries from step to step. */
const jobs = {
  'batch norm, momentum, every augmentation, constraints': {
    kind: 'pretrain',
    backbone: { type: 'convnet-small' },
    method: { type: 'supervised' },
    training: {
      ...training,
      optimizer: { type: 'sgd', learningRate: 0.05, weightDecay: 0.001 },
      schedule: { type: 'cosine', warmupEpochs: 0.5 },
      constraints: [
        { type: 'consistency', mu: 1 },
        { type: 'mean-prediction-prior', mu: 0.1 },
      ],
    },
    augment: [
      { type: 'random-affine', degrees: 10, translate: 0.1, scale: [0.9, 1.1], shear: 5 },
      { type: 'random-crop', size: 8, padding: 1 },
      { type: 'random-horizontal-flip' },
      { type: 'normalize', mean: [0.3], std: [0.3] },
    ],
  },
  'dropout, Adam': {
    kind: 'pretrain',
    backbone: { type: 'reference-net' },
    method: { type: 'supervised' },
    training: { ...training, optimizer: { type: 'adam' }, schedule: { type: 'oneCycle' } },
    augment: [{ type: 'resize', size: 2 }],
  },
  'AdamW, clipped and accumulated gradients, an averaged model': {
    kind: 'pretrain',
    backbone: { type: 'convnet-small' },
    method: { type: 'supervised' },
    training: {
      ...training,
      batchSize: 3,
      accumulate: 3,
      clipNorm: 1,
      ema: { decay: 0.9 },
      optimizer: { type: 'adamw', learningRate: 0.01, weightDecay: 0.1 },
      schedule: { type: 'cosine', warmupEpochs: 1 },
      parameterGroups: [{ match: 'conv?.*', learningRate: 0.5 }],
    },
    augment: [{ type: 'random-horizontal-flip' }],
  },
};

type StopAt = { title: string; at: (report: TrainerReport) => boolean };

const afterStep = (step: number): StopAt => ({
  title: `after step ${step}`,
  at: (report) => report.type === 'progress' && report.progress.step === step,
});
const afterEpoch = (epoch: number): StopAt => ({
  title: `once epoch ${epoch} is evaluated`,
  at: (report) => report.type === 'event' && report.event === 'epoch.finished' && report.data['epoch'] === epoch,
});

/** Where attempts are drained. The last step of an epoch comes before its evaluation. */
const stops: Record<keyof typeof jobs, StopAt[][]> = {
  'batch norm, momentum, every augmentation, constraints': [
    [afterStep(1)],
    [afterStep(2), afterStep(stepsPerEpoch), afterStep(4)],
    [afterEpoch(1), afterEpoch(2)],
    [afterStep(epochs * stepsPerEpoch - 1), afterStep(epochs * stepsPerEpoch)],
  ],
  'dropout, Adam': [[afterStep(1), afterStep(stepsPerEpoch), afterEpoch(2)]],
  'AdamW, clipped and accumulated gradients, an averaged model': [
    [afterStep(1)],
    [afterStep(2), afterStep(stepsPerEpoch), afterStep(5)],
    [afterEpoch(1), afterStep(8)],
  ],
};

/** Runs a job to its end, drained at each of `stopAts` and resumed from what it saved. Gives the reports of all attempts. */
async function runDrained(first: TrainRun, stopAts: readonly StopAt[]): Promise<Attempt> {
  let run = first;
  const reports: TrainerReport[] = [];
  for (const { title, at } of stopAts) {
    const drained = await attempt(store, run, { reason: 'drain', at });
    assert.deepEqual(drained.outcome, { type: 'stopped', reason: 'drain' }, title);
    reports.push(...drained.reports);
    run = nextAttempt(run, drained.reports);
  }
  const last = await attempt(store, run);
  return { outcome: last.outcome, reports: [...reports, ...last.reports] };
}

/** What a run leaves, but for the ids and the attempts that it took. */
function resultsOf({ outcome, reports }: Attempt) {
  return {
    outcome: { ...outcome, model: null },
    parameters: modelHash(reports),
    modelMetrics: reportsOf(reports, 'model')[0]?.metrics,
    points: pointsOf(reports),
    epochs: eventsOf(reports, 'epoch.finished').map(({ data, message }) => ({ data, message })),
  };
}

let dataset: TinyDataset;

before(async () => {
  dataset = await packTinyDataset(store);
});

for (const name of Object.keys(jobs) as (keyof typeof jobs)[]) {
  const body = jobs[name];
  const pointsOfStep = 4 + ('clipNorm' in body.training ? 1 : 0) + ('constraints' in body.training ? 2 : 0);
  describe(`a run that is drained and resumed: ${name}`, () => {
    const start = () => createRun(store, dataset, resolveOn(dataset, body));
    let unbroken: Attempt;
    before(async () => {
      unbroken = await attempt(store, start());
    });

    it('gives the same bits twice when nothing interrupts it', async () => {
      const expected = resultsOf(unbroken);
      assert.equal(expected.outcome.type, 'succeeded');
      assert.equal(expected.epochs.length, epochs);
      const pointCount = pointsOfStep * epochs * stepsPerEpoch + 2 * epochs;
      assert.equal(Object.keys(expected.points).length, pointCount, 'points of every step and evaluation');
      assert.deepEqual(resultsOf(await attempt(store, start())), expected);
    });

    for (const stopAts of stops[name]) {
      it(`equals an unbroken one: ${stopAts.map(({ title }) => title).join(', ')}`, async (t) => {
        hurryClock(t);
        const resumed = await runDrained(start(), stopAts);
        assert.equal(eventsOf(resumed.reports, 'attempt.resumed').length, stopAts.length);
        assert.deepEqual(resultsOf(resumed), resultsOf(unbroken));
      });
    }

    it('has only its model left to save where it died after the last checkpoint', async () => {
      const { outcome, reports } = await attempt(store, nextAttempt(start(), unbroken.reports));
      assert.deepEqual({ ...outcome, model: null }, { ...unbroken.outcome, model: null });
      assert.equal(modelHash(reports), modelHash(unbroken.reports));
      assert.deepEqual(pointsOf(reports), {});
    });
  });
}

describe('a run whose checkpoints are damaged', () => {
  const body = { ...jobs['batch norm, momentum, every augmentation, constraints'], checkpoint: { everySteps: 2 } };

  /** A run that was drained after step 5, with checkpoints of steps 2, 3, 4 and 5. */
  async function drainedRun(t: Parameters<typeof hurryClock>[0]): Promise<TrainRun> {
    hurryClock(t);
    const run = createRun(store, dataset, resolveOn(dataset, body));
    const drained = await attempt(store, run, { reason: 'drain', at: afterStep(5).at });
    assert.deepEqual(
      reportsOf(drained.reports, 'checkpoint').map(({ step }) => step),
      [2, 3, 4, 5],
    );
    return nextAttempt(run, drained.reports);
  }

  async function flipByte(key: string): Promise<void> {
    const bytes = Buffer.from((await store.get(key))!);
    bytes[bytes.length >> 1]! ^= 1;
    await store.put(key, bytes);
  }

  it('falls back to the one before, says so, and ends with the same bits', async (t) => {
    const run = await drainedRun(t);
    const [newest, second] = run.resumeFrom;
    await flipByte(`${newest!.key}/${parameterFiles.parameters}`);
    await flipByte(`${second!.key}/${parameterFiles.optimizer}`);
    const resumed = await attempt(store, run);
    assert.deepEqual(
      eventsOf(resumed.reports, 'checkpoint.corrupt').map(({ data, level }) => ({ ...data, level })),
      [newest, second].map((source) => ({ checkpoint: source!.id, level: 'warn' })),
    );
    assert.deepEqual(eventsOf(resumed.reports, 'attempt.resumed')[0]?.data, { checkpoint: run.resumeFrom[2]!.id, step: 3 });
    const unbroken = await attempt(store, createRun(store, dataset, resolveOn(dataset, body)));
    assert.equal(modelHash(resumed.reports), modelHash(unbroken.reports));
  });

  it('fails, rather than start over, where none is intact', async (t) => {
    const run = await drainedRun(t);
    for (const { key } of run.resumeFrom) await flipByte(`${key}/${parameterFiles.manifest}`);
    const { outcome, reports } = await attempt(store, run);
    assert.deepEqual(outcome, {
      type: 'failed',
      code: 'checkpointCorrupt',
      message: "None of the run's 4 checkpoints is intact",
    });
    assert.equal(eventsOf(reports, 'checkpoint.corrupt').length, 4);
    assert.equal(reportsOf(reports, 'progress').length, 0);
  });
});
