import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planBalancedBatches } from './balanced-batches.ts';
import { planRun } from './plan-run.ts';
import { specOf } from './training-step.fixture.ts';

const unlabelledMethod = { method: { type: 'pseudo-label', unlabelledRatio: 3 } };

function planOf(training: object, unlabelled: number) {
  const spec = specOf({ batchSize: 4, ...training });
  const labels = Int32Array.from({ length: 6 }, (_, i) => i % 3);
  const withMethod = unlabelled > 0 ? ({ ...spec, ...unlabelledMethod } as typeof spec) : spec;
  return planRun(
    { labelled: { examples: 6, blocks: null, labels }, unlabelled: { examples: unlabelled, blocks: null } },
    withMethod,
  );
}

describe('the batches of a run', () => {
  it('go once through the labelled examples where nothing else is learnt from', () => {
    const plan = planOf({}, 0);
    assert.deepEqual([plan.stepsPerEpoch, plan.batchSizes], [2, [4, 2]]);
    assert.deepEqual([...plan.batchAt(0), ...plan.batchAt(1)].sort(), [0, 1, 2, 3, 4, 5]);
  });

  it('go once through the unlabelled examples where there are such, with labelled ones before them', () => {
    const plan = planOf({}, 24);
    assert.deepEqual([plan.stepsPerEpoch, plan.batchSizes], [2, [16]]);
    const batches = [0, 1].map((step) => [...plan.batchAt(step)]);
    for (const batch of batches)
      assert.ok(
        batch.slice(0, 4).every((position) => position < 6),
        String(batch),
      );
    const others = batches.flatMap((batch) => batch.slice(4)).sort((a, b) => a - b);
    assert.deepEqual(
      others,
      Array.from({ length: 24 }, (_, i) => 6 + i),
    );
    assert.deepEqual([...plan.batchAt(1)], batches[1], 'a function of the step alone');
  });
});

describe('class-balanced batches', () => {
  const labels = Int32Array.from({ length: 100 }, (_, i) => (i < 90 ? 0 : i < 97 ? 1 : 2));
  const plan = planBalancedBatches({ labels, batchSize: 30, stepsPerEpoch: null, seed: 1 });
  const counts = (positions: readonly number[]) =>
    [0, 1, 2].map((label) => positions.filter((at) => labels[at] === label).length);

  it('hold every class as often as any other', () => {
    for (const step of [0, 1, 50]) assert.deepEqual(counts([...plan.batchAt(step)]), [10, 10, 10]);
    assert.equal(plan.stepsPerEpoch, 4);
  });

  it('go through all examples of a class before one comes again', () => {
    const drawn = Array.from({ length: 9 }, (_, step) => [...plan.batchAt(step)]).flat();
    assert.equal(new Set(drawn.filter((at) => labels[at] === 0)).size, 90);
    assert.equal(new Set(drawn.filter((at) => labels[at] === 2).slice(0, 3)).size, 3);
  });
});
