import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TrainRun } from '@scion/schema';
import { type ForkedTrainer, forkTrainer } from './fork-trainer.fixture.ts';
import { packTinyDataset, type TinyDataset } from './tiny-dataset.fixture.ts';
import {
  attempt,
  createRun,
  eventsOf,
  modelHash,
  nextAttempt,
  openTemporaryStore,
  pointsOf,
  reportsOf,
  resolveOn,
} from './training.fixture.ts';

const { store } = await openTemporaryStore();
let dataset: TinyDataset;

before(async () => {
  dataset = await packTinyDataset(store);
});

/** Three steps an epoch, each of two micro-batches; a checkpoint every two steps. Carries all that a step can carry. */
function runOf(epochs: number): TrainRun {
  const spec = resolveOn(dataset, {
    kind: 'pretrain',
    backbone: { type: 'convnet-small' },
    method: { type: 'supervised' },
    training: {
      epochs,
      batchSize: 4,
      accumulate: 2,
      clipNorm: 1,
      ema: { decay: 0.9 },
      optimizer: { type: 'adamw' },
      regularizers: [{ type: 'l2', lambda: 1e-4 }],
    },
    augment: [{ type: 'random-affine', degrees: 10 }, { type: 'random-horizontal-flip' }],
    checkpoint: { everyEpochs: null, everySteps: 2 },
  });
  return createRun(store, dataset, spec);
}

const endless = 100_000;

/** Runs until some steps are trained, then does `act`. */
function onceTraining(act: (trainer: ForkedTrainer) => void): ForkedTrainer {
  let acted = false;
  return forkTrainer(runOf(endless), (report, trainer) => {
    if (acted || report.type !== 'checkpoint') return;
    acted = true;
    act(trainer);
  });
}

describe('the trainer process', () => {
  it('reports, tells how the run ended, and exits', async () => {
    const { ended, reports } = forkTrainer(runOf(2));
    const { outcome, code } = await ended;
    assert.ok(outcome?.type === 'succeeded');
    assert.equal(code, 0);
    assert.equal(reportsOf(reports, 'model')[0]?.id, outcome.model);
    assert.equal(reportsOf(reports, 'progress').at(-1)?.progress.step, 6);
  });

  it('killed at any moment, is taken over by another with the same bits and the same points', async () => {
    const run = runOf(4);
    const first = forkTrainer(run, (report, { child }) => {
      if (report.type === 'checkpoint' && report.step === 8) child.kill('SIGKILL');
    });
    const { outcome, signal } = await first.ended;
    assert.deepEqual([outcome, signal], [null, 'SIGKILL']);
    const second = forkTrainer(nextAttempt(run, first.reports));
    const taken = await second.ended;
    assert.ok((eventsOf(second.reports, 'attempt.resumed')[0]?.data['step'] as number) >= 8);
    const unbroken = await attempt(store, run);
    assert.equal(modelHash(second.reports), modelHash(unbroken.reports));
    assert.deepEqual(pointsOf([...first.reports, ...second.reports]), pointsOf(unbroken.reports));
    assert.deepEqual({ ...taken.outcome, model: null }, { ...unbroken.outcome, model: null });
  });

  it('drains: saves a checkpoint of where it stands, and hands the run back', async () => {
    const trainer = onceTraining(({ send }) => send({ type: 'stop', reason: 'drain' }));
    const { outcome, code } = await trainer.ended;
    assert.deepEqual(outcome, { type: 'stopped', reason: 'drain' });
    assert.equal(code, 0);
    const last = reportsOf(trainer.reports, 'checkpoint').at(-1);
    assert.equal(last?.step, reportsOf(trainer.reports, 'progress').at(-1)?.progress.step);
  });

  it('cancels, though Ctrl-C alone does not end it', async () => {
    const trainer = onceTraining(({ child, send }) => {
      child.kill('SIGINT');
      send({ type: 'stop', reason: 'cancel' });
    });
    const { outcome, code } = await trainer.ended;
    assert.deepEqual(outcome, { type: 'stopped', reason: 'cancel' });
    assert.equal(code, 0);
  });

  it('exits when its supervisor is gone', async () => {
    const trainer = onceTraining(({ child }) => child.disconnect());
    const { outcome, code } = await trainer.ended;
    assert.equal(outcome, null);
    assert.equal(code, 1);
  });

  it('says how to train by hand where nobody forked it', async () => {
    const script = fileURLToPath(new URL('./process.js', import.meta.url));
    await assert.rejects(
      promisify(execFile)(process.execPath, [script]),
      /forked by a supervisor; to train by hand, use "scion train"/,
    );
  });
});
