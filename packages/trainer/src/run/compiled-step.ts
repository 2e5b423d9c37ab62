import { createProgram, type Program, type ProgramFunction } from '@scion/engine';
import * as tf from '@tensorflow/tfjs-core';
import type { NamedArray } from '../artifact/safetensors.ts';
import { assign, type Network, variableOf } from '../network.ts';
import { optimizers } from '../optimizers/index.ts';
import { sizeOf } from '../parameters.ts';
import { entryOf } from '../registry.ts';
import type { ResolvedSpec } from '../spec.ts';
import { createStepFunction, trainableParameters } from './step-function.ts';
import type { TrainingStep, TrainingStepOptions } from './training-step.ts';

const functionFor = (batchSize: number) => `train-${batchSize}`;
const slotName = (parameter: string, slot: string) => `${parameter}/${slot}`;

/**
 * Records the step once for each batch size, and runs it as one TensorFlow graph. Parameters and optimizer slots live in the
 * session; the network's own values are only brought up to date by `pull`.
 */
export function createCompiledStep({ network, spec, imageShape, batchSizes }: TrainingStepOptions): TrainingStep {
  const optimizer = entryOf(optimizers, spec.training.optimizer.type).create(spec.training.optimizer);
  const slots = trainableParameters(network).flatMap(({ name, shape }) =>
    optimizer.slots.map((slot) => ({ name: slotName(name, slot), shape })),
  );
  let initialSlots: ReadonlyMap<string, NamedArray> = new Map();
  let program: Program | null = null;
  let isNetworkCurrent = true;

  const initialSlot = ({ name, shape }: (typeof slots)[number]) =>
    initialSlots.get(name)?.data ?? new Float32Array(sizeOf(shape));

  function start(): Program {
    const functions = Object.fromEntries(
      batchSizes.map((batchSize) => [functionFor(batchSize), stepProgram({ network, spec, imageShape, batchSize })] as const),
    );
    const started = createProgram({ variables: [...network.parameters, ...slots], functions });
    const parameters = network.parameters.map(({ name }) => [name, variableOf(network, name).dataSync<'float32'>()] as const);
    started.writeAll(new Map([...parameters, ...slots.map((slot) => [slot.name, initialSlot(slot)] as const)]));
    return started;
  }

  return {
    begin() {
      program = start();
    },
    run({ images, labels }, { step, learningRate }) {
      if (!program) throw new Error('begin() comes before the first step');
      const outputs = program.run(functionFor(labels.size), {
        images: Uint8Array.from(images.dataSync()),
        labels: labels.dataSync<'int32'>(),
        key: Int32Array.of(spec.training.seed, step),
        learningRate: Float32Array.of(learningRate),
        step: Float32Array.of(step + 1),
      });
      isNetworkCurrent = false;
      tf.dispose([images, labels]);
      return Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, values[0] ?? Number.NaN]));
    },
    exportSlots() {
      const values = program?.readAll(slots.map(({ name }) => name));
      return slots.map((slot) => ({ ...slot, data: values?.get(slot.name) ?? initialSlot(slot) }));
    },
    importSlots(stored) {
      const missing = slots.find(({ name, shape }) => stored.get(name)?.data.length !== sizeOf(shape));
      if (missing) throw new Error(`The checkpoint lacks the optimizer's ${missing.name}`);
      initialSlots = stored;
    },
    pull() {
      // An epoch's evaluation, checkpoint and model ask in turn, with no step between: one copy serves them all.
      if (!program || isNetworkCurrent) return;
      isNetworkCurrent = true;
      for (const [name, values] of program.readAll(network.parameters.map(({ name }) => name))) {
        assign(variableOf(network, name), values);
      }
    },
    dispose: () => program?.dispose(),
  };
}

type StepProgramOptions = {
  network: Network;
  spec: ResolvedSpec;
  imageShape: readonly [number, number, number];
  batchSize: number;
};

/** The step as a function of a program: what `createStepFunction` computes, then the optimizer's update of each variable. */
function stepProgram({ network, spec, imageShape, batchSize }: StepProgramOptions): ProgramFunction {
  const optimizer = entryOf(optimizers, spec.training.optimizer.type).create(spec.training.optimizer);
  const stepFunction = createStepFunction(network, spec);
  return {
    inputs: {
      images: { dtype: 'uint8', shape: [batchSize, ...imageShape] },
      labels: { dtype: 'int32', shape: [batchSize] },
      key: { dtype: 'int32', shape: [2] },
      learningRate: { dtype: 'float32', shape: [] },
      step: { dtype: 'float32', shape: [] },
    },
    build({ input, variable, update, assign: assignVariable }) {
      const { results, gradients, statistics } = stepFunction(variable, {
        images: input('images') as tf.Tensor4D,
        labels: input('labels') as tf.Tensor1D,
        key: input('key') as tf.Tensor1D,
      });
      const rates = { learningRate: input('learningRate') as tf.Scalar, step: input('step') as tf.Scalar };
      for (const [name, gradient] of gradients) {
        const variables = [name, ...optimizer.slots.map((slot) => slotName(name, slot))];
        update(optimizer.kernel.op, {
          variables,
          operands: optimizer.kernel.operands({ parameter: variable(name), gradient, ...rates }),
        });
      }
      for (const [name, value] of statistics) assignVariable(name, value);
      tf.dispose([...statistics.values()]);
      return results;
    },
  };
}
