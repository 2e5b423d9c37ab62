import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { cpuEmulatesLowPrecision, openDevice } from '@scion/engine';
import { JobProgress, parameterFiles, TrainerReport } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { readParameterFolder } from '../artifact/parameter-folder.ts';
import { packTinyDataset, type TinyDataset } from '../tiny-dataset.fixture.ts';
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

const { store } = await openTemporaryStore();
let dataset: TinyDataset;

before(async () => {
  dataset = await packTinyDataset(store);
});

const convnet = { kind: 'pretrain', backbone: { type: 'convnet-small' }, method: { type: 'supervised' } };
const shortTraining = { epochs: 2, batchSize: 8, optimizer: { type: 'sgd', learningRate: 0.05 } };

/** Flips a bit of the packed training images. */
async function damageTrainingImages({ key }: TinyDataset): Promise<void> {
  const folder = await store.localFolder(key);
  const manifest = await readFile(join(folder, 'packed.json'), 'utf8');
  const { splits } = JSON.parse(manifest) as { splits: { name: string; images: { name: string }[] }[] };
  const images = join(folder, splits.find(({ name }) => name === 'train')!.images[0]!.name);
  const bytes = await readFile(images);
  bytes[100]! ^= 1;
  await writeFile(images, bytes);
}

const runOf = (body: Record<string, unknown>) => createRun(store, dataset, resolveOn(dataset, { ...convnet, ...body }));

describe('train', () => {
  it('reports what it does, each report as the protocol has it', async (t) => {
    hurryClock(t);
    const run = runOf({ training: shortTraining, checkpoint: { everySteps: 2 } });
    const { outcome, reports } = await attempt(store, run);
    assert.equal(outcome.type, 'succeeded');
    for (const report of reports) assert.deepEqual(TrainerReport.parse(JSON.parse(JSON.stringify(report))), report);
    const told = reports.map((report) => {
      if (report.type === 'event') return report.event;
      return report.type === 'progress' ? `step ${report.progress.step}` : `${report.type}`;
    });
    assert.deepEqual(told, [
      'run.prepared',
      ...['step 1', 'step 2', 'step 2', 'checkpoint', 'step 3', 'step 3', 'epoch.finished', 'checkpoint'],
      ...['step 4', 'step 4', 'checkpoint', 'step 5', 'step 6', 'step 6', 'epoch.finished', 'checkpoint'],
      'model',
    ]);
  });

  it('says what it prepared: parameters, examples, device', async () => {
    const { reports } = await attempt(store, runOf({ training: { ...shortTraining, epochs: 1 } }));
    const [prepared] = eventsOf(reports, 'run.prepared');
    const head = 128 * 4 + 4;
    assert.equal(prepared?.data['parameters'], 93_472 - 2 * 288 + head, 'the first convolution sees one channel, not three');
    assert.equal(prepared?.data['trainable'], prepared?.data['parameters']);
    assert.equal(prepared?.data['examples'], 20);
    assert.match(prepared?.message ?? '', /^convnet-small: \d+ parameters, \d+ trained, on 20 examples; ./);
  });

  it('finds which precision is fastest here, says why it took that, and writes it down', async (t) => {
    if (!(await openDevice()).backend.startsWith('tensorflow')) return t.skip('TensorFlow is not set up on this machine');
    const { reports } = await attempt(store, runOf({ training: { ...shortTraining, precision: 'auto' } }));
    const [prepared] = eventsOf(reports, 'run.prepared');
    const reasons = cpuEmulatesLowPrecision()
      ? /; float32 \(this CPU has no instructions for bfloat16\)$/
      : /; (float32|bfloat16) \(a convolution .* [\d.]+ ms in float32, [\d.]+ ms in bfloat16\)$/;
    assert.match(prepared?.message ?? '', reasons);
    for (const key of reports.flatMap((report) =>
      report.type === 'checkpoint' || report.type === 'model' ? [report.key] : [],
    )) {
      const { manifest } = await readParameterFolder(store, key, { withOptimizer: false });
      assert.equal(manifest.network.spec.training.precision, prepared?.data['precision']);
    }
  });

  it('goes on in the precision of its checkpoint', async (t) => {
    if (!(await openDevice()).backend.startsWith('tensorflow')) return t.skip('TensorFlow is not set up on this machine');
    const run = runOf({ training: { ...shortTraining, precision: 'bfloat16' } });
    const isFirstEpoch = (report: TrainerReport) => report.type === 'event' && report.event === 'epoch.finished';
    const drained = await attempt(store, run, { reason: 'drain', at: isFirstEpoch });
    const next = nextAttempt(run, drained.reports);
    const training = { ...(next.spec['training'] as object), precision: 'auto' };
    const resumed = await attempt(store, { ...next, spec: { ...next.spec, training } });
    const [prepared] = eventsOf(resumed.reports, 'run.prepared');
    assert.equal(prepared?.data['precision'], 'bfloat16');
    assert.match(prepared?.message ?? '', /bfloat16 \(as in the checkpoint\)$/);
  });

  it('counts progress in steps, epochs and images a second', async (t) => {
    hurryClock(t);
    const { reports } = await attempt(store, runOf({ training: shortTraining }));
    const progress = reportsOf(reports, 'progress').map((report) => JobProgress.parse(report.progress));
    const last = progress.at(-1);
    assert.deepEqual([last?.step, last?.steps, last?.epoch, last?.epochs, last?.fraction, last?.etaSeconds], [6, 6, 2, 2, 1, 0]);
    const first = progress[0];
    assert.deepEqual([first?.step, first?.fraction, first?.epoch], [1, 1 / 6, 1 / 3]);
    assert.equal(first?.imagesPerSecond, 8, 'eight images in a step that the clock says took a second');
    assert.equal(first?.etaSeconds, 5);
  });

  it('reports the loss of every step, the rate of the schedule, and an evaluation of every epoch', async () => {
    const training = { ...shortTraining, schedule: { type: 'step', epochs: [1], factor: 0.5 } };
    const { reports, outcome } = await attempt(store, runOf({ training }));
    const points = pointsOf(reports);
    const rates = [1, 2, 3, 4, 5, 6].map((step) => points[`train/learningRate@${step}`]);
    assert.deepEqual(rates, [0.05, 0.05, 0.05, 0.025, 0.025, 0.025]);
    for (let step = 1; step <= 6; step++) assert.ok((points[`train/loss@${step}`] ?? 0) > 0, `step ${step}`);
    for (const step of [3, 6])
      assert.ok(points[`test/accuracy@${step}`] !== undefined && points[`test/loss@${step}`] !== undefined);
    assert.ok(outcome.type === 'succeeded');
    for (const [name, value] of Object.entries(outcome.metrics)) assert.equal(value, points[`${name}@6`], name);
    const [epoch] = eventsOf(reports, 'epoch.finished');
    const mean = (8 * points['train/loss@1']! + 8 * points['train/loss@2']! + 4 * points['train/loss@3']!) / 20;
    assert.ok(
      Math.abs((epoch?.data['train/loss'] as number) - mean) < 1e-6,
      'the mean over examples, the last batch being smaller',
    );
  });

  it('evaluates when it was asked to, and after the last epoch', async () => {
    const training = { ...shortTraining, epochs: 3 };
    const evaluatedAt = async (evaluate: unknown) => {
      const { reports } = await attempt(store, runOf({ training, evaluate }));
      return Object.keys(pointsOf(reports)).filter(
        (name) => name.startsWith('t') && name.includes('accuracy') && !name.startsWith('train'),
      );
    };
    assert.deepEqual(await evaluatedAt({ split: 'test', everyEpochs: 2 }), ['test/accuracy@6', 'test/accuracy@9']);
    assert.deepEqual(await evaluatedAt(null), []);
  });

  it('writes checkpoints and a model that hold what their reports say', async () => {
    const { reports, outcome } = await attempt(
      store,
      runOf({ training: { ...shortTraining, optimizer: { type: 'sgd', momentum: 0 } } }),
    );
    const checkpoints = reportsOf(reports, 'checkpoint');
    assert.deepEqual(
      checkpoints.map(({ step, epoch }) => [step, epoch]),
      [
        [3, 1],
        [6, 2],
      ],
    );
    const [model] = reportsOf(reports, 'model');
    assert.equal(outcome.type === 'succeeded' && outcome.model, model?.id);
    assert.equal(model?.sha256, checkpoints[1]?.sha256, 'the model is the last checkpoint without its optimizer');
    for (const { key, sizeBytes } of [...checkpoints, model!]) {
      const sizes = await Promise.all((await store.list(key)).map((file) => store.sizeOf(file)));
      assert.equal(
        sizes.reduce((sum: number, size) => sum + (size ?? 0), 0),
        sizeBytes,
      );
    }
    assert.deepEqual(
      (await store.list(model!.key)).map((file) => file.split('/').at(-1)),
      [parameterFiles.manifest, parameterFiles.parameters],
    );
  });

  it('evaluates and saves the average of the parameters where it is to keep one, and trains as without', async () => {
    const of = async (ema: object | null) => {
      const { reports } = await attempt(store, runOf({ training: { ...shortTraining, ema } }));
      return {
        points: pointsOf(reports),
        model: modelHash(reports),
        checkpoint: reportsOf(reports, 'checkpoint').at(-1)?.sha256,
      };
    };
    const [averaged, plain] = [await of({ decay: 0.9, warmup: false }), await of(null)];
    assert.equal(averaged.points['train/loss@6'], plain.points['train/loss@6']);
    assert.notEqual(averaged.points['test/loss@6'], plain.points['test/loss@6']);
    assert.notEqual(averaged.model, plain.model);
    assert.equal(averaged.model, averaged.checkpoint, 'the parameters that a checkpoint serves are those of the model');
  });

  it('takes as many examples for a step as it is to accumulate', async () => {
    const training = { ...shortTraining, batchSize: 4, accumulate: 2, clipNorm: 1 };
    const { reports } = await attempt(store, runOf({ training }));
    assert.equal(reportsOf(reports, 'progress').at(-1)?.progress.steps, 6);
    assert.ok(pointsOf(reports)['train/gradientNorm@6']! > 0);
  });

  it('says how many parameters it trains where some are frozen', async () => {
    const training = { ...shortTraining, epochs: 1, parameterGroups: [{ match: 'head.*' }, { match: '*', frozen: true }] };
    const { reports } = await attempt(store, runOf({ training }));
    assert.equal(eventsOf(reports, 'run.prepared')[0]?.data['trainable'], 4 * 128 + 4);
  });

  it('trains on the chosen labels alone', async () => {
    const body = { training: { ...shortTraining, epochs: 1 }, dataset: { labels: { perClass: 2, seed: 3 } } };
    const { reports } = await attempt(store, runOf(body));
    assert.equal(eventsOf(reports, 'run.prepared')[0]?.data['examples'], 8);
    assert.equal(reportsOf(reports, 'progress').at(-1)?.progress.steps, 1);
  });

  it('takes as many full batches as it is told to, from fewer examples', async () => {
    const training = { ...shortTraining, epochs: 1, batchSize: 16, stepsPerEpoch: 3 };
    const { reports } = await attempt(store, runOf({ training, dataset: { labels: { count: 4 } } }));
    assert.equal(reportsOf(reports, 'progress').at(-1)?.progress.step, 3);
  });

  it('cancels within one step, and saves nothing', async (t) => {
    hurryClock(t);
    const at = (report: TrainerReport) => report.type === 'progress' && report.progress.step === 2;
    const { outcome, reports } = await attempt(store, runOf({ training: shortTraining }), { reason: 'cancel', at });
    assert.deepEqual(outcome, { type: 'stopped', reason: 'cancel' });
    assert.equal(reportsOf(reports, 'progress').at(-1)?.progress.step, 2);
    assert.deepEqual(reportsOf(reports, 'checkpoint'), []);
  });

  it('cancels between the batches of an evaluation', async (t) => {
    hurryClock(t);
    const at = (report: TrainerReport) => report.type === 'progress' && report.progress.step === 3;
    const { outcome, reports } = await attempt(store, runOf({ training: shortTraining }), { reason: 'cancel', at });
    assert.deepEqual(outcome, { type: 'stopped', reason: 'cancel' });
    assert.deepEqual(eventsOf(reports, 'epoch.finished'), []);
  });

  it('fails with the step at which the loss stopped being a number', async () => {
    // The sum of the squares of such weights is no float32.
    const diverging = { optimizer: { type: 'sgd', learningRate: 1e25 }, regularizers: [{ type: 'l2', lambda: 1 }] };
    const training = { ...shortTraining, ...diverging };
    const { outcome, reports } = await attempt(store, runOf({ training, checkpoint: { everySteps: 1 } }));
    assert.ok(outcome.type === 'failed');
    assert.equal(outcome.code, 'diverged');
    assert.match(outcome.message, /^The loss became (NaN|-?Infinity) at step 2: lower training\.optimizer\.learningRate/);
    assert.deepEqual(
      reportsOf(reports, 'checkpoint').map(({ step }) => step),
      [1],
      'the last good checkpoint is kept',
    );
    assert.match(outcome.message, /All was finite up to step 1, and the checkpoint of step 1 is kept$/);
  });

  it('saves no checkpoint of parameters that are no longer numbers, though the loss still was one', async () => {
    const training = { ...shortTraining, optimizer: { type: 'sgd', learningRate: 1e39 } }; // No float32
    const { outcome, reports } = await attempt(store, runOf({ training, checkpoint: { everySteps: 1 } }));
    assert.ok(outcome.type === 'failed');
    assert.equal(outcome.code, 'diverged');
    assert.match(outcome.message, /^Values of .+ are no longer finite after step 1: lower training\.optimizer\.learningRate/);
    assert.deepEqual(reportsOf(reports, 'checkpoint'), []);
  });

  it('makes a model of what is trained when it is told to keep it, and a checkpoint to go on from', async (t) => {
    hurryClock(t);
    const at = (report: TrainerReport) => report.type === 'progress' && report.progress.step === 2;
    const { outcome, reports } = await attempt(store, runOf({ training: shortTraining }), { reason: 'keep', at });
    assert.ok(outcome.type === 'succeeded');
    assert.deepEqual(outcome.stoppedAt, { step: 2, epoch: 2 / 3 });
    const [checkpoint] = reportsOf(reports, 'checkpoint');
    assert.deepEqual([checkpoint?.step, checkpoint?.sha256], [2, modelHash(reports)]);
  });

  it('fails where only the evaluation shows that the parameters are no longer numbers', async () => {
    const training = { epochs: 1, batchSize: 20, optimizer: { type: 'sgd', learningRate: 1e38 } };
    const reference = { backbone: { type: 'reference-net' }, augment: [{ type: 'resize', size: 2 }] };
    const { outcome } = await attempt(store, runOf({ ...reference, training }));
    assert.ok(outcome.type === 'failed');
    assert.equal(outcome.code, 'diverged');
    assert.match(outcome.message, /^The test\/loss became (NaN|-?Infinity) at step 1/);
  });

  it('fails with what is wrong about a spec, a split or damaged data, rather than throw', async () => {
    const good = runOf({ training: shortTraining });
    const code = async (run: typeof good) => {
      const { outcome } = await attempt(store, run);
      return outcome.type === 'failed' ? outcome.code : outcome.type;
    };
    assert.equal(await code({ ...good, spec: { ...good.spec, kind: 'finetune' } }), 'specInvalid');
    assert.equal(
      await code({ ...good, spec: { ...good.spec, dataset: { ...good.spec.dataset, split: 'none' } } }),
      'specInvalid',
    );
    assert.equal(await code({ ...good, dataset: { ...good.dataset, key: 'datasets/gone/packed' } }), 'dataInvalid');
    const damaged = await packTinyDataset(store);
    await damageTrainingImages(damaged);
    assert.equal(
      await code(createRun(store, damaged, resolveOn(damaged, { ...convnet, training: shortTraining }))),
      'dataInvalid',
    );
  });

  it('fails in order where the next batch cannot be read while an evaluation runs', async (t) => {
    const own = await packTinyDataset(store);
    const run = createRun(store, own, resolveOn(own, { ...convnet, training: shortTraining }));
    hurryClock(t);
    const at = (report: TrainerReport) => report.type === 'progress' && report.progress.step === 3;
    const drained = await attempt(store, run, { reason: 'drain', at });
    await damageTrainingImages(own);
    // Resumed at an epoch's end, it evaluates first, and reads ahead meanwhile.
    const { outcome, reports } = await attempt(store, nextAttempt(run, drained.reports));
    assert.equal(outcome.type === 'failed' && outcome.code, 'dataInvalid');
    assert.equal(eventsOf(reports, 'epoch.finished').length, 1);
  });

  it('leaves no tensor behind, however it ends', async (t) => {
    await attempt(store, runOf({ training: shortTraining }));
    const tensors = tf.memory().numTensors;
    await attempt(store, runOf({ training: shortTraining }));
    assert.equal(tf.memory().numTensors, tensors, 'after success');
    hurryClock(t);
    const at = (report: TrainerReport) => report.type === 'progress' && report.progress.step === 2;
    await attempt(store, runOf({ training: shortTraining }), { reason: 'drain', at });
    assert.equal(tf.memory().numTensors, tensors, 'after a stop');
    const training = { ...shortTraining, optimizer: { type: 'sgd', learningRate: 1e38 } };
    const { outcome } = await attempt(store, runOf({ training, backbone: { type: 'reference-net' } }));
    assert.equal(outcome.type, 'failed');
    assert.equal(tf.memory().numTensors, tensors, 'after a failure');
  });
});
