import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { newId } from '@scion/schema';
import { createNetwork, exportParameters } from '../../network.ts';
import { resolveSpec } from '../../resolve-spec.ts';
import { microBatchRows } from '../../run/micro-batches.ts';
import { createTrainingStep } from '../../run/training-step.ts';
import { CreateJob, type ResolvedSpec } from '../../spec.ts';
import { tinyImages } from '../../tiny-dataset.fixture.ts';

before(() => openDevice());

const classNames = ['a', 'b', 'c'];
const batchSize = 6;

function specOf(method: object, labels: object | null = { perClass: 2 }): ResolvedSpec {
  const job = CreateJob.parse({
    kind: 'finetune',
    from: { scratch: { backbone: { type: 'convnet-small' } } },
    dataset: { id: newId('dataset'), ...(labels && { labels }) },
    method,
    training: { batchSize, optimizer: { type: 'sgd', learningRate: 0.05 } },
  });
  const splits = { train: { examples: 30, labelled: 30, classes: { a: 10, b: 10, c: 10 } } };
  return resolveSpec(job, { dataset: { splits, classNames, shape: [8, 8, 1] }, source: null });
}

/** Trains a few steps on one batch whose unlabelled rows are labelled by `truth`: the last numbers, and all parameters. */
function train(spec: ResolvedSpec, truth: (row: number, label: number) => number) {
  const rows = microBatchRows(spec);
  const { pixels, labels } = tinyImages({ count: rows, side: 8, channels: 1, classes: 3 }, 'hidden');
  const network = createNetwork(spec, classNames);
  const step = createTrainingStep({ network, spec, imageShape: [8, 8, 1], totalSteps: 10, batchSizes: [rows], compile: true });
  try {
    step.begin();
    const given = Int32Array.from(labels, (label, row) => (row < batchSize ? label : truth(row, label)));
    const numbers = [0, 1, 2, 3, 4, 5].map((at) => step.run({ images: pixels, labels: given }, { step: at, learningRate: 0.05 }));
    step.pull();
    return { numbers: numbers.at(-1) ?? {}, parameters: exportParameters(network).map(({ data }) => [...data]) };
  } finally {
    step.dispose();
    network.dispose();
  }
}

const methods = [
  { type: 'pseudo-label', threshold: 0 },
  { type: 'fixmatch', unlabelledRatio: 2, threshold: 0, strong: [] },
  { type: 'softmatch', unlabelledRatio: 2, strong: [] },
  { type: 'mean-teacher' },
];

describe('a method that learns from unlabelled examples', () => {
  for (const method of methods) {
    it(`learns nothing from the labels that ${method.type} is to do without, and says how many it found`, () => {
      const spec = specOf(method);
      const known = train(spec, (_row, label) => label);
      const wrong = train(spec, (_row, label) => (label + 1) % 3);
      const hidden = train(spec, () => -1);
      assert.deepEqual(wrong.parameters, known.parameters);
      assert.deepEqual(hidden.parameters, known.parameters);
      if (method.type === 'mean-teacher') return assert.ok((known.numbers['teacherRight'] ?? 0) >= 0);
      const { accepted = 0, acceptedRight = 0, acceptedWrong = 0 } = known.numbers;
      assert.ok(Math.abs(accepted - acceptedRight - acceptedWrong) < 1e-5 && accepted > 0);
      assert.deepEqual([hidden.numbers['acceptedRight'], hidden.numbers['acceptedWrong']], [0, 0]);
      const perClass = classNames.reduce((sum, name) => sum + (known.numbers[`accepted.${name}`] ?? 0), 0);
      assert.ok(Math.abs(perClass - accepted) < 1e-5);
    });
  }

  it('refuses a split whose labels are all given, and steps of several batches', () => {
    assert.throws(() => specOf({ type: 'fixmatch' }, null), /dataset\.labels: Every example of the split has a label/);
  });
});
