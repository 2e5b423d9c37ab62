import type { Precision, Program } from '@scion/engine';
import type { NamedArray } from '../artifact/safetensors.ts';
import type { EvaluatedBatch } from '../evaluate/define-evaluator.ts';
import { assign, variableOf } from '../network.ts';
import { sizeOf } from '../parameters.ts';
import type { ExampleBatch } from './examples.ts';
import { addWeighted, microBatches, microBatchNumber, microBatchRows } from './micro-batches.ts';
import { checkStored, type StoredVariable, storedVariables } from './parameter-updates.ts';
import { phaseAt } from './phases.ts';
import { recordStep } from './record-step.ts';
import {
  accumulateFunction,
  applyFunction,
  evaluateFunction,
  extraVariables,
  modelVariable,
  stepProgramOptions,
  stepVariables,
  trainFunction,
} from './step-program.ts';
import type { TrainingStep, TrainingStepOptions } from './training-step.ts';

/**
 * Records the step once for each batch size, and runs it as one TensorFlow graph. Parameters, optimizer slots, sums of gradients and
 * averages live in the session; the network's own values are only brought up to date by `pull`.
 */
export function createCompiledStep(given: TrainingStepOptions): TrainingStep {
  const { network, spec, imageShape } = given;
  const { training } = spec;
  let options = stepProgramOptions(given);
  const stored = storedVariables(options.updates, spec);
  let imported: ReadonlyMap<string, NamedArray> = new Map();
  let program: Program | null = null;
  let isNetworkCurrent = true;

  const checkpointed = (): StoredVariable[] => [
    ...stored,
    ...extraVariables(options).map(({ name, shape }) => ({ name, variable: name, shape })),
  ];

  function start(precision: Precision): Program {
    options = stepProgramOptions(given, precision);
    const started = recordStep(options);
    const variables = stepVariables(options);
    const values = new Map<string, Float32Array>(variables.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))]));
    for (const { name } of network.parameters) {
      const value = variableOf(network, name).dataSync<'float32'>();
      values.set(name, value);
      values.set(modelVariable(name, options), value);
    }
    for (const { name, first } of extraVariables(options)) values.set(name, Float32Array.of(first));
    for (const { name, variable } of checkpointed()) {
      const array = imported.get(name);
      if (array) values.set(variable, array.data);
    }
    started.writeAll(values);
    return started;
  }

  /** The inputs of each micro-batch, and its share of the examples. */
  function partsOf({ images, labels, targets }: ExampleBatch, step: number) {
    const imageSize = sizeOf(imageShape);
    const { targetWidth } = network.task;
    return microBatches(labels.length, microBatchRows(spec)).map(({ start: first, size, share }, index) => {
      const inputs = {
        images: images.subarray(first * imageSize, (first + size) * imageSize),
        labels: labels.subarray(first, first + size),
        ...(targets && { targets: targets.subarray(first * targetWidth, (first + size) * targetWidth) }),
        key: Int32Array.of(training.seed, microBatchNumber(step, index, training.accumulate)),
      };
      return { inputs, size, share };
    });
  }

  function runStep(running: Program, batch: ExampleBatch, at: { step: number; learningRate: number }): Record<string, number> {
    const rates = { learningRate: Float32Array.of(at.learningRate), step: Float32Array.of(at.step + 1) };
    const parts = partsOf(batch, at.step);
    const phase = phaseAt(options.phases, at.step);
    const [whole] = parts;
    if (training.accumulate === 1 && whole) {
      return firstValues(running.run(trainFunction(phase, whole.size), { ...whole.inputs, ...rates }));
    }
    let numbers: Record<string, number> = {};
    for (const { inputs, size, share } of parts) {
      const results = running.run(accumulateFunction(phase, size), { ...inputs, share: Float32Array.of(share) });
      numbers = addWeighted(numbers, firstValues(results), share);
    }
    const { done: _, ...applied } = firstValues(running.run(applyFunction(phase), rates));
    return { ...numbers, ...applied };
  }

  return {
    begin(precision = 'float32') {
      program = start(precision);
    },
    run(batch, at) {
      if (!program) throw new Error('begin() comes before the first step');
      isNetworkCurrent = false;
      return runStep(program, batch, at);
    },
    evaluate({ images, ...truth }) {
      if (!program) throw new Error('begin() comes before an evaluation');
      return { outputs: program.run(evaluateFunction(truth.labels.length), { images }) as EvaluatedBatch['outputs'], ...truth };
    },
    exportSlots() {
      if (!program) throw new Error('begin() comes before a checkpoint');
      const kept = checkpointed();
      const values = program.readAll(kept.map(({ variable }) => variable));
      return kept.map(({ name, variable, shape }) => ({ name, shape, data: values.get(variable) ?? new Float32Array() }));
    },
    importSlots(given) {
      checkStored(stored, given);
      imported = given;
    },
    pull() {
      // A checkpoint and the model may ask in turn, with no step between: one copy serves both.
      if (!program || isNetworkCurrent) return;
      isNetworkCurrent = true;
      const values = program.readAll(network.parameters.map(({ name }) => modelVariable(name, options)));
      for (const { name } of network.parameters) {
        assign(variableOf(network, name), values.get(modelVariable(name, options)) ?? new Float32Array());
      }
    },
    dispose: () => program?.dispose(),
  };
}

function firstValues(outputs: ReturnType<Program['run']>): Record<string, number> {
  return Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, values[0] ?? Number.NaN]));
}
