import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { packTinyDataset } from '../tiny-dataset.fixture.ts';
import { attempt, createRun, openTemporaryStore, resolveOn } from '../training.fixture.ts';

const augment = [
  { type: 'random-affine', degrees: 10, translate: 0.1 },
  { type: 'normalize', mean: [0.5], std: [0.5] },
];

describe('a run that collapses', () => {
  it('ends as such: VICReg without its variance term; with it, it goes on to its end', async () => {
    const { store } = await openTemporaryStore();
    const dataset = await packTinyDataset(store, { train: 60, test: 12 });
    const outcomeOf = async (variance: number, seed: number) => {
      const method = { type: 'vicreg', hidden: 32, variance, covariance: 0 };
      const training = { epochs: 12, batchSize: 10, seed, optimizer: { type: 'adamw', learningRate: 0.01 } };
      const body = { kind: 'pretrain', backbone: { type: 'convnet-small' }, method, training, augment, evaluate: null };
      return (await attempt(store, createRun(store, dataset, resolveOn(dataset, body)))).outcome;
    };
    const collapsed = await outcomeOf(0, 0);
    assert.equal(collapsed.type, 'failed', JSON.stringify(collapsed));
    assert.equal(collapsed.type === 'failed' && collapsed.code, 'collapsed');
    for (const seed of [0, 1, 2]) assert.equal((await outcomeOf(25, seed)).type, 'succeeded');
  });
});
