import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type Device, openDevice } from '@scion/engine';
import { newId } from '@scion/schema';
import { backboneMethodPairs } from '../backbone-method-pairs.fixture.ts';
import { createNetwork } from '../network.ts';
import { resolveSpec } from '../resolve-spec.ts';
import { CreateJob, type ResolvedSpec } from '../spec.ts';
import { tinyImages } from '../tiny-dataset.fixture.ts';
import { untrainedTeacher } from '../untrained-teacher.fixture.ts';
import { microBatchRows } from './micro-batches.ts';
import { createTrainingStep } from './training-step.ts';

const steps = 20;
const batchSize = 16;
const classNames = ['a', 'b', 'c'];
const tolerance = 1e-5; // relative
const leastChange = 1e-4; // relative, over all steps: gradients must matter ten times more than the tolerance

type Conditions = { side: number; learningRate: number };
const usual: Conditions = { side: 16, learningRate: 1e-4 };
/**
 * Batch normalisation over few values, and ReLUs that rounding tips over, make more of rounding the further a step goes: deep networks
 * of few channels go slowly here, and those that halve their maps five times have images of a size that leaves them 2×2.
 */
const conditions: Readonly<Record<string, Partial<Conditions>>> = {
  'reference-net': { side: 4 }, // its first linear layer grows with the image
  'resnet18-small': { learningRate: 1e-5 },
  'mobilenet-v2': { side: 64, learningRate: 1e-5 },
  'efficientnet-lite0': { side: 64, learningRate: 1e-6 },
};
/** A linear layer alone has nothing that rounding tips over, and learns little from an untrained network at such rates. */
const methodConditions: Readonly<Record<string, Partial<Conditions>>> = { 'linear-probe': { learningRate: 0.01 } };
/** They normalise embeddings over the batch: those of an untrained vision transformer are nearly alike, so that much of it is rounding. */
const delicateMethods = ['moco-v3', 'simsiam', 'barlow-twins', 'nnclr', 'swav'];

let device: Device;

describe(`a compiled step's losses equal those of the same step op by op for ${steps} steps`, () => {
  before(async () => {
    device = await openDevice({ choice: 'cpu' });
  });

  for (const { backbone, method, title, body } of backboneMethodPairs()) {
    it(title, (t) => compares(t, specOf(body, conditionsOf(backbone, method))));
  }
});

function compares(t: { skip(message: string): void }, spec: ResolvedSpec): void {
  if (!device.backend.startsWith('tensorflow')) {
    t.skip('the TensorFlow runtime is not set up');
    return;
  }
  const [compiled, opByOp] = [losses(spec, true), losses(spec, false)];
  for (const [step, expected] of opByOp.entries()) {
    const actual = compiled[step] ?? Number.NaN;
    const difference = Math.abs(actual - expected) / Math.abs(expected);
    assert.ok(difference <= tolerance, `at step ${step} the loss is ${actual}, op by op ${expected}: ${difference} apart`);
  }
  const [first = 0, last = 0] = [opByOp[0], opByOp.at(-1)];
  assert.ok(Math.abs(last - first) > leastChange * first, `the loss hardly moves: ${first} to ${last}`);
}

function conditionsOf(backbone: string, method: string): Conditions {
  const isDelicate = backbone === 'vit-tiny' && delicateMethods.includes(method);
  // Its many features are learnt by heart at the usual rate, and of a loss of nothing rounding is much.
  if (backbone === 'vit-small' && method === 'linear-probe') return { ...usual, ...conditions[backbone], learningRate: 0.001 };
  return { ...usual, ...conditions[backbone], ...methodConditions[method], ...(isDelicate ? { learningRate: 1e-6 } : {}) };
}

function specOf(body: object, { side, learningRate }: Conditions): ResolvedSpec {
  const training = { batchSize, seed: 5, precision: 'float32', optimizer: { type: 'sgd', learningRate } };
  const augment = [{ type: 'normalize', mean: [0.3], std: [0.3] }];
  const job = CreateJob.parse({ ...body, dataset: { id: newId('dataset') }, training, augment });
  const classes = Object.fromEntries(classNames.map((name) => [name, batchSize]));
  const splits = { train: { examples: 2 * batchSize, labelled: batchSize, classes } };
  const context = { dataset: { splits, classNames, shape: [side, side, 1] }, source: null };
  return resolveSpec(job, { ...context, teacher: untrainedTeacher(job, context) });
}

/** The losses of training on one batch. */
function losses(spec: ResolvedSpec, compile: boolean): number[] {
  const network = createNetwork(spec, classNames);
  const trainingStep = createTrainingStep({
    network,
    spec,
    imageShape: spec.inputShape,
    totalSteps: steps,
    batchSizes: [microBatchRows(spec)],
    compile,
  });
  const [height] = spec.inputShape;
  const shape = { count: microBatchRows(spec), side: height, classes: classNames.length, channels: 1 } as const;
  const { pixels, labels } = tinyImages(shape, 'compared');
  try {
    trainingStep.begin();
    const batch = { images: pixels, labels: Int32Array.from(labels) };
    const { learningRate } = spec.training.optimizer;
    return Array.from({ length: steps }, (_, step) => trainingStep.run(batch, { step, learningRate })['loss'] ?? Number.NaN);
  } finally {
    trainingStep.dispose();
    network.dispose();
  }
}
