import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readParameterFolder } from '../artifact/parameter-folder.ts';
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
const dataset = await packTinyDataset(store, { train: 24, test: 8 });

const patches = { type: 'vit-tiny', depth: 1 };
const convolutions = { type: 'convnet-small' };
const methods = [
  { method: { type: 'mae', decoderWidth: 32, decoderDepth: 1 }, backbone: patches },
  { method: { type: 'simmim' }, backbone: patches },
  { method: { type: 'denoising-autoencoder', width: 8 }, backbone: convolutions },
  { method: { type: 'rotation-prediction' }, backbone: convolutions },
];

for (const { method, backbone } of methods) {
  describe(`pretraining by ${method.type}`, () => {
    const training = { epochs: 2, batchSize: 8, optimizer: { type: 'adamw', learningRate: 0.001 } };
    const spec = resolveOn(dataset, { kind: 'pretrain', backbone, method, training });

    it('goes on from a checkpoint as if it had never stopped, and leaves a model of the backbone alone', async (t) => {
      hurryClock(t);
      const whole = await attempt(store, createRun(store, dataset, spec));
      assert.equal(whole.outcome.type, 'succeeded', JSON.stringify(whole.outcome));
      const run = createRun(store, dataset, spec);
      const stopped = await attempt(store, run, {
        reason: 'drain',
        at: (report) => report.type === 'progress' && report.progress.step === 4,
      });
      const resumed = await attempt(store, nextAttempt(run, stopped.reports));
      assert.equal(modelHash(resumed.reports), modelHash(whole.reports));
      const { parameters } = await readParameterFolder(store, reportsOf(whole.reports, 'model')[0]!.key, {
        withOptimizer: false,
      });
      assert.deepEqual(
        [...parameters.keys()].filter((name) => /^(decoder|mask_token|rotation)/.test(name)),
        [],
      );
    });
  });
}

describe('a method that hides patches', () => {
  it('is refused to a backbone without, and to images of one patch', () => {
    const specOf = (backbone: object, augment: object[] = []) =>
      resolveOn(dataset, { kind: 'pretrain', backbone, method: { type: 'mae' }, augment });
    assert.throws(() => specOf(convolutions), /method\.type: mae .* such as vit-tiny/);
    assert.throws(() => specOf(patches, [{ type: 'resize', size: 4 }]), /single patch/);
  });
});
