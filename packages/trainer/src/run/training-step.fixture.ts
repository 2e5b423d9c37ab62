import { newId } from '@scion/schema';
import type { NamedArray } from '../artifact/safetensors.ts';
import { createNetwork, exportParameters, importParameters, type Network } from '../network.ts';
import { resolveSpec } from '../resolve-spec.ts';
import { CreateJob, type ResolvedSpec } from '../spec.ts';
import { tinyImages } from '../tiny-dataset.fixture.ts';
import { createTrainingStep, type TrainingStep } from './training-step.ts';

const classNames = ['a', 'b', 'c'];
const shape = { side: 8, channels: 1, classes: classNames.length } as const;

/** A spec of supervised training on made-up images of 8×8; batches have 12 of them. */
export function specOf(training: object, body: { backbone?: object; method?: object; augment?: object[] } = {}): ResolvedSpec {
  const job = CreateJob.parse({
    kind: 'pretrain',
    backbone: { type: 'convnet-small' },
    method: { type: 'supervised' },
    dataset: { id: newId('dataset') },
    training: { batchSize: 12, ...training },
    ...body,
  });
  const classes = Object.fromEntries(classNames.map((name) => [name, 100]));
  const splits = { train: { examples: 300, labelled: 300, classes } };
  return resolveSpec(job, { dataset: { splits, classNames, shape: [shape.side, shape.side, shape.channels] }, source: null });
}

export type Bench = {
  network: Network;
  trainingStep: TrainingStep;
  /** Trains one step and gives its numbers. `step` counts from 0. */
  train(step: number, options?: { learningRate?: number; examples?: number }): Record<string, number>;
  /** Evaluates the model as it is now. */
  evaluate(examples: number): Record<string, number>;
  /** The model's parameters, by name. */
  model(): Map<string, number[]>;
  /** All that a checkpoint would hold. */
  checkpoint(): { parameters: NamedArray[]; slots: NamedArray[] };
};

export type BenchOptions = {
  compile: boolean;
  /** Examples of a full step. */
  examples?: number;
  /** Other sizes that a step can have. */
  otherSizes?: readonly number[];
  precision?: 'bfloat16' | 'float16';
  /** What to go on from. */
  from?: ReturnType<Bench['checkpoint']>;
};

export function withBench<Result>(spec: ResolvedSpec, options: BenchOptions, use: (bench: Bench) => Result): Result {
  const { compile, examples: full = 12, otherSizes = [], precision, from } = options;
  const network = createNetwork(spec, classNames);
  const batchSizes = [full, ...otherSizes];
  const imageShape = [shape.side, shape.side, shape.channels] as const;
  const sizes = { batchSizes, evaluationSizes: batchSizes };
  const trainingStep = createTrainingStep({ network, spec, imageShape, totalSteps: 100, ...sizes, compile });
  const byName = (arrays: readonly NamedArray[]) => new Map(arrays.map((array) => [array.name, array] as const));
  const parameters = () => {
    trainingStep.pull();
    return exportParameters(network);
  };
  try {
    if (from) {
      importParameters(network, network.parameters, byName(from.parameters));
      trainingStep.importSlots(byName(from.slots));
    }
    trainingStep.begin(precision);
    return use({
      network,
      trainingStep,
      train: (step, { learningRate = 0.01, examples = full } = {}) =>
        trainingStep.run(batchOf(examples, step), { step, learningRate }),
      evaluate(examples) {
        const evaluation = network.method.evaluator.start(classNames.length);
        evaluation.add(trainingStep.evaluate(batchOf(examples, 0)));
        return evaluation.scores();
      },
      model: () => new Map(parameters().map(({ name, data }) => [name, [...data]] as const)),
      checkpoint: () => ({ parameters: parameters(), slots: trainingStep.exportSlots() }),
    });
  } finally {
    trainingStep.dispose();
    network.dispose();
  }
}

/** Another batch for each step. */
function batchOf(count: number, step: number) {
  const { pixels, labels } = tinyImages({ ...shape, count }, `step ${step}`);
  return { images: pixels, labels: Int32Array.from(labels) };
}
