import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type Device, type DeviceChoice, openDevice } from '@scion/engine';
import { computeValues, createRng, stepKey } from '@scion/engine/ops';
import { newId } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { decodeSafetensors, encodeSafetensors } from './artifact/safetensors.ts';
import { backboneMethodPairs } from './backbone-method-pairs.fixture.ts';
import { assertCloseTo } from './close-to.fixture.ts';
import { methodEntry, unlabelledRows } from './methods/method-entry.ts';
import type { BackboneEntry, ImageShape } from './models/define-backbone.ts';
import { backbones } from './models/index.ts';
import {
  createNetwork,
  evaluateOutputs,
  exportParameters,
  importParameters,
  type Network,
  toUnitRange,
  variableOf,
} from './network.ts';
import { entryOf } from './registry.ts';
import { resolveSpec } from './resolve-spec.ts';
import { microBatchRows } from './run/micro-batches.ts';
import { createTrainingStep, type TrainingStep } from './run/training-step.ts';
import { CreateJob, type ResolvedSpec } from './spec.ts';
import { createTask } from './tasks/index.ts';
import { tinyImages } from './tiny-dataset.fixture.ts';
import { untrainedTeacher } from './untrained-teacher.fixture.ts';

const classNames = ['a', 'b', 'c'];
const batchSize = 12;

/** That a network is trained for. */
const steps = 14;

let device: Device;

/** What must hold for whatever backbone and method there is, new ones too, on images of so many channels. */
export function describeMethodContract(choice: DeviceChoice, channels: 1 | 3): void {
  describe(`every backbone and every method on ${channels} channels (${choice})`, () => {
    before(async () => {
      device = await openDevice({ choice });
    });
    // What a method computes on one backbone shows whether a device has its ops; how it learns on another is the same there.
    const pairs = choice === 'wasm' ? backboneMethodPairs(['convnet-small']) : backboneMethodPairs();
    for (const { title, body } of pairs) {
      describe(title, () => {
        const spec = specOf(body, channels);
        it('learns, changing every trainable parameter and no frozen one, without leaking tensors', () => learns(spec));
        if (choice === 'wasm') return; // the rest is the same on every device
        it('gives the same numbers from the same seed, and others from another', () => dependsOnTheSeed(spec));
        it('scores as before after its parameters went through a file', () => survivesFile(spec));
      });
    }
  });
}

function specOf(body: object, channels: 1 | 3): ResolvedSpec {
  // Where no gradient is but that of rounding, rules that scale it up make large steps of it, others on each device.
  const optimizer = { type: 'sgd' };
  const training = { batchSize, seed: 5, optimizer, regularizers: [{ type: 'l2', lambda: 1e-4 }] };
  const augment = [{ type: 'normalize', mean: [0.3], std: [0.3] }];
  const jobWith = (constraints: object[]) =>
    CreateJob.parse({ ...body, dataset: { id: newId('dataset') }, training: { ...training, constraints }, augment });
  const job = jobWith([]);
  const classes = Object.fromEntries(classNames.map((name) => [name, batchSize / classNames.length]));
  const splits = { train: { examples: 2 * batchSize, labelled: batchSize, classes } };
  const side = methodEntry(job).needs === 'tokens' ? 8 : 4; // four patches of which some can be hidden
  const context = { dataset: { splits, classNames, shape: [side, side, channels] }, source: null };
  const spec = resolveSpec(job, { ...context, teacher: untrainedTeacher(job, context) });
  return takesConstraints(spec) ? resolveSpec(jobWith([{ type: 'mean-prediction-prior', mu: 0.01 }]), context) : spec;
}

/** Whether constraints can look at what the method predicts. */
function takesConstraints(spec: ResolvedSpec): boolean {
  if (spec.teacher || unlabelledRows(spec) > 0) return false;
  const backboneAt = (shape: ImageShape) => entryOf<BackboneEntry>(backbones, spec.backbone.type).create(spec.backbone, shape);
  const backbone = backboneAt(spec.inputShape);
  const { augment, inputShape } = spec;
  const task = createTask(spec.task, { classNames });
  return (
    methodEntry(spec).create(spec.method, { backbone, task, classNames, augment, inputShape, backboneAt }).head !== undefined
  );
}

type Bench = { network: Network; trainingStep: TrainingStep };

/** Steps run op by op unless they are to be compiled, which takes long for a deep network. */
function withNetwork<Result>(spec: ResolvedSpec, use: (bench: Bench) => Result, { compile = false } = {}): Result {
  const network = createNetwork(spec, classNames);
  const trainingStep = createTrainingStep({
    network,
    spec,
    imageShape: spec.inputShape,
    totalSteps: network.method.phases ? steps : 100, // the few that a test trains go through all phases
    batchSizes: [microBatchRows(spec)],
    compile,
  });
  try {
    settleFrozenBackbone(network, spec);
    trainingStep.begin();
    return use({ network, trainingStep });
  } finally {
    trainingStep.dispose();
    network.dispose();
  }
}

/**
 * A frozen backbone normalises by its running averages. Those of an untrained one are nobody's, and in a deep one nothing comes through
 * them: give it those that training on the batch would have left.
 */
function settleFrozenBackbone({ backbone, method, pipeline, ...network }: Network, spec: ResolvedSpec): void {
  const hasAverages = backbone.parameters.some(({ role }) => role === 'statistic');
  if (!hasAverages || backbone.parameters.some(({ name }) => method.isTrainable(name))) return;
  const parameter = (name: string) => network.values.get(name) ?? assert.fail(`there is no ${name}`);
  const updateStatistic = (name: string, value: tf.Tensor) => parameter(name).assign(value);
  const images = imagesFor(spec);
  for (let pass = 0; pass < 30; pass++) {
    tf.tidy(() => {
      const forward = { parameter, training: true, rng: createRng(stepKey(0, pass)), updateStatistic };
      backbone.features(forward, pipeline.evaluate(toUnitRange(images)));
    });
  }
  images.dispose();
}

function batchFor(spec: ResolvedSpec) {
  const [side, , channels] = spec.inputShape;
  const shape = { count: microBatchRows(spec), side, classes: classNames.length, channels: channels === 1 ? 1 : 3 } as const;
  const { pixels, labels } = tinyImages(shape, 'contract');
  return { images: pixels, labels: Int32Array.from(labels) };
}

function imagesFor(spec: ResolvedSpec): tf.Tensor4D {
  return tf.tensor4d(batchFor(spec).images, [microBatchRows(spec), ...spec.inputShape], 'int32');
}

/** The losses of a few steps on one batch. */
function trainAFew(
  { trainingStep }: Bench,
  spec: ResolvedSpec,
  { from = 0, steps, learningRate = 0.1 }: { from?: number; steps: number; learningRate?: number },
): number[] {
  const losses = Array.from({ length: steps }, (_, index) => {
    const step = from + index;
    const numbers = trainingStep.run(batchFor(spec), { step, learningRate });
    for (const [name, value] of Object.entries(numbers)) {
      const mayDiverge = step > 1 && learningRate > leastLearningRate;
      assert.ok(mayDiverge || Number.isFinite(value), `${name} is ${value} at step ${step}`);
    }
    return numbers['loss'] ?? Number.NaN;
  });
  trainingStep.pull();
  return losses;
}

/** All that evaluation computes. */
function outputsOf(network: Network, spec: ResolvedSpec): number[] {
  return [
    ...computeValues(() =>
      tf.concat(Object.values(evaluateOutputs(network, imagesFor(spec))).map((tensor) => tf.reshape(tensor, [-1]))),
    ),
  ];
}

function valuesOf(network: Network): Map<string, Buffer> {
  const bytesOf = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return new Map(
    network.parameters.map(({ name }) => [name, Buffer.from(bytesOf(variableOf(network, name).dataSync<'float32'>()))] as const),
  );
}

/** Features differ in number and size: one of these rates must suit them, and larger ones may be too large. */
const leastLearningRate = 0.001;
const learningRates = [0.1, 0.01, leastLearningRate];

function learns(spec: ResolvedSpec): void {
  const compile = device.backend.startsWith('tensorflow');
  const tensorsBefore = tf.memory().numTensors;
  const falls = learningRates.some((learningRate) => {
    const losses = withNetwork(spec, (bench) => trainsWithoutLeaking(bench, spec, learningRate), { compile });
    assert.equal(tf.memory().numTensors, tensorsBefore, 'tensors before and after');
    // No further: normalisation over so few values makes much of rounding.
    const opByOp = () => withNetwork(spec, (bench) => trainAFew(bench, spec, { steps: 2, learningRate }));
    if (compile) assertCloseTo(losses.slice(0, 2), opByOp(), 2e-3);
    const end = losses.slice(-3).reduce((sum, loss) => sum + loss, 0) / 3;
    return end < lossToBeat(spec, losses) - 0.01;
  });
  assert.ok(falls, `the loss falls at none of the learning rates ${learningRates.join(', ')}`);
}

/** The first loss; but that of as many steps at rate 0, where a method keeps running values that its loss depends on, such as a queue or a centre. */
function lossToBeat(spec: ResolvedSpec, losses: readonly number[]): number {
  return withNetwork(spec, (bench) => {
    if (!bench.network.method.parameters.some(isOwnRunningValue)) return losses[0] ?? 0;
    return trainAFew(bench, spec, { steps: losses.length, learningRate: 0 }).at(-1) ?? 0;
  });
}

/** Neither of a normalisation nor of a slow double, which stand still where the parameters do. */
const isOwnRunningValue = ({ name, role }: { name: string; role: string }) =>
  role === 'statistic' && !name.includes('running_') && !name.startsWith('teacher.');

function trainsWithoutLeaking(bench: Bench, spec: ResolvedSpec, learningRate: number): number[] {
  const { network } = bench;
  const first = valuesOf(network);
  const start = trainAFew(bench, spec, { steps: 1, learningRate });
  const tensorsAfterOne = tf.memory().numTensors;
  const losses = trainAFew(bench, spec, { from: 1, steps: steps - 1, learningRate });
  assert.equal(tf.memory().numTensors, tensorsAfterOne, `tensors after one step and after ${steps}`);
  const last = valuesOf(network);
  for (const { name, role } of network.parameters) {
    const changed = !first.get(name)?.equals(last.get(name) ?? Buffer.of());
    assert.equal(changed, network.method.isTrainable(name), `${name} (${role}) ${changed ? 'changed' : 'is as it was'}`);
  }
  return [...start, ...losses];
}

function dependsOnTheSeed(spec: ResolvedSpec): void {
  const runWith = (seed: number) => {
    const seeded = { ...spec, training: { ...spec.training, seed } };
    return withNetwork(seeded, (bench) => {
      const losses = trainAFew(bench, seeded, { steps: 2 });
      return { losses, outputs: outputsOf(bench.network, seeded), values: valuesOf(bench.network) };
    });
  };
  const first = runWith(1);
  const again = runWith(1);
  const unlike = [...first.values].filter(([name, bytes]) => !again.values.get(name)?.equals(bytes)).map(([name]) => name);
  assert.deepEqual(unlike, [], 'parameters that differ after the same steps');
  assert.deepEqual([again.losses, again.outputs], [first.losses, first.outputs]);
  assert.notDeepEqual(runWith(2).outputs, first.outputs);
}

function survivesFile(spec: ResolvedSpec): void {
  const { file, outputs } = withNetwork(spec, (bench) => {
    trainAFew(bench, spec, { steps: 1 });
    return {
      file: Buffer.concat(encodeSafetensors(exportParameters(bench.network))),
      outputs: outputsOf(bench.network, spec),
    };
  });
  const other = { ...spec, training: { ...spec.training, seed: 99 } };
  withNetwork(other, ({ network }) => {
    assert.notDeepEqual(outputsOf(network, spec), outputs);
    importParameters(network, network.parameters, decodeSafetensors(file));
    assert.deepEqual(outputsOf(network, spec), outputs);
  });
}
