import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { readParameterFolder } from '../artifact/parameter-folder.ts';
import type { MethodEntry } from '../methods/define-method.ts';
import { finetuneMethods } from '../methods/finetune/index.ts';
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
const dataset = await packTinyDataset(store, { train: 24, test: 12 });

const body = {
  kind: 'finetune',
  from: { scratch: { backbone: { type: 'convnet-small' } } },
  dataset: { labels: { perClass: 3 } },
  training: { epochs: 2, batchSize: 4, stepsPerEpoch: 4, optimizer: { type: 'adam', learningRate: 0.01 } },
  augment: [{ type: 'normalize', mean: [0.5], std: [0.5] }],
  checkpoint: { everySteps: 1 },
};

describe('every finetune method', () => {
  for (const { id, tiny } of finetuneMethods as readonly MethodEntry[]) {
    it(`${id} goes on from a checkpoint as if it had never stopped, and leaves a plain model`, (t) =>
      resumesExactly(t, { type: id, ...tiny }));
  }
});

async function resumesExactly(t: TestContext, method: object): Promise<void> {
  hurryClock(t);
  const spec = resolveOn(dataset, { ...body, method });
  const whole = await attempt(store, createRun(store, dataset, spec));
  assert.equal(whole.outcome.type, 'succeeded', JSON.stringify(whole.outcome));
  const run = createRun(store, dataset, spec);
  const stopped = await attempt(store, run, {
    reason: 'drain',
    at: (report) => report.type === 'progress' && report.progress.step === 5,
  });
  assert.deepEqual(stopped.outcome, { type: 'stopped', reason: 'drain' });
  const resumed = await attempt(store, nextAttempt(run, stopped.reports));
  assert.equal(modelHash(resumed.reports), modelHash(whole.reports));
  const [model] = reportsOf(whole.reports, 'model');
  const { parameters } = await readParameterFolder(store, model!.key, { withOptimizer: false });
  assert.deepEqual(
    [...parameters.keys()].filter((name) => !/^(conv|bn|head)/.test(name)),
    [],
  );
}
