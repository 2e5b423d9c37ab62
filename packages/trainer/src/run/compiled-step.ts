import { createProgram, type Program } from '@scion/engine';
import * as tf from '@tensorflow/tfjs-core';
import type { NamedArray } from '../artifact/safetensors.ts';
import type { Batch } from '../methods/define-method.ts';
import { assign, variableOf } from '../network.ts';
import { sizeOf } from '../parameters.ts';
import { addWeighted, microBatches, microBatchNumber, microBatchSizes } from './micro-batches.ts';
import { averageName, checkStored, parameterUpdates, storedVariables } from './parameter-updates.ts';
import { accumulateFunction, applyFunction, stepFunctions, stepVariables, trainFunction } from './step-program.ts';
import type { TrainingStep, TrainingStepOptions } from './training-step.ts';

/**
 * Records the step once for each batch size, and runs it as one TensorFlow graph. Parameters, optimizer slots, sums of gradients and
 * averages live in the session; the network's own values are only brought up to date by `pull`.
 */
export function createCompiledStep({ batchSizes: stepSizes, ...given }: TrainingStepOptions): TrainingStep {
  const { network, spec, imageShape } = given;
  const { training } = spec;
  const updates = parameterUpdates(network, spec);
  const stored = storedVariables(updates, spec);
  const averaged = new Set(training.ema ? updates.map(({ parameter }) => parameter.name) : []);
  const batchSizes = microBatchSizes(stepSizes, training.batchSize);
  let imported: ReadonlyMap<string, NamedArray> = new Map();
  let program: Program | null = null;
  let isNetworkCurrent = true;

  /** The session's variable that holds a parameter of the model. */
  const modelVariable = (name: string) => (averaged.has(name) ? averageName(name) : name);

  function start(): Program {
    const options = { ...given, batchSizes, updates };
    const variables = stepVariables(options);
    const started = createProgram({ variables, functions: stepFunctions(options) });
    const values = new Map<string, Float32Array>(variables.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))]));
    for (const { name } of network.parameters) {
      const value = variableOf(network, name).dataSync<'float32'>();
      values.set(name, value);
      values.set(modelVariable(name), value);
    }
    for (const { name, variable } of stored) {
      const array = imported.get(name);
      if (array) values.set(variable, array.data);
    }
    started.writeAll(values);
    return started;
  }

  /** The inputs of each micro-batch, and its share of the examples. */
  function partsOf({ images, labels }: Batch, step: number) {
    const bytes = Uint8Array.from(images.dataSync());
    const classes = labels.dataSync<'int32'>();
    const imageSize = sizeOf(imageShape);
    return microBatches(labels.size, training.batchSize).map(({ start: first, size, share }, index) => {
      const inputs = {
        images: bytes.subarray(first * imageSize, (first + size) * imageSize),
        labels: classes.subarray(first, first + size),
        key: Int32Array.of(training.seed, microBatchNumber(step, index, training.accumulate)),
      };
      return { inputs, size, share };
    });
  }

  function runStep(running: Program, batch: Batch, at: { step: number; learningRate: number }): Record<string, number> {
    const rates = { learningRate: Float32Array.of(at.learningRate), step: Float32Array.of(at.step + 1) };
    const parts = partsOf(batch, at.step);
    const [whole] = parts;
    if (training.accumulate === 1 && whole) {
      return firstValues(running.run(trainFunction(whole.size), { ...whole.inputs, ...rates }));
    }
    let numbers: Record<string, number> = {};
    for (const { inputs, size, share } of parts) {
      const results = running.run(accumulateFunction(size), { ...inputs, share: Float32Array.of(share) });
      numbers = addWeighted(numbers, firstValues(results), share);
    }
    const { done: _, ...applied } = firstValues(running.run(applyFunction, rates));
    return { ...numbers, ...applied };
  }

  return {
    begin() {
      program = start();
    },
    run(batch, at) {
      if (!program) throw new Error('begin() comes before the first step');
      isNetworkCurrent = false;
      const numbers = runStep(program, batch, at);
      tf.dispose([batch.images, batch.labels]);
      return numbers;
    },
    exportSlots() {
      if (!program) throw new Error('begin() comes before a checkpoint');
      const values = program.readAll(stored.map(({ variable }) => variable));
      return stored.map(({ name, variable, shape }) => ({ name, shape, data: values.get(variable) ?? new Float32Array() }));
    },
    importSlots(given) {
      checkStored(stored, given);
      imported = given;
    },
    pull() {
      // An epoch's evaluation, checkpoint and model ask in turn, with no step between: one copy serves them all.
      if (!program || isNetworkCurrent) return;
      isNetworkCurrent = true;
      const values = program.readAll(network.parameters.map(({ name }) => modelVariable(name)));
      for (const { name } of network.parameters) {
        assign(variableOf(network, name), values.get(modelVariable(name)) ?? new Float32Array());
      }
    },
    dispose: () => program?.dispose(),
  };
}

function firstValues(outputs: ReturnType<Program['run']>): Record<string, number> {
  return Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, values[0] ?? Number.NaN]));
}
