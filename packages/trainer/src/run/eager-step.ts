import { stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../methods/define-method.ts';
import { assign, evaluateOutputs, variableOf } from '../network.ts';
import type { ResolvedSpec } from '../spec.ts';
import { applyUpdates, type VariableAccess } from './apply-updates.ts';
import { type BatchPart, partOf } from './batch-part.ts';
import type { ExampleBatch } from './examples.ts';
import { addWeighted, microBatches, microBatchNumber, microBatchRows } from './micro-batches.ts';
import {
  averageName,
  checkStored,
  type ParameterUpdate,
  parameterUpdates,
  slotName,
  storedVariables,
} from './parameter-updates.ts';
import { phaseAt, runPhases } from './phases.ts';
import type { StepFunction } from './step-function.ts';
import { createDividedStep } from './towers.ts';
import type { TrainingStep, TrainingStepOptions } from './training-step.ts';

/** Runs each op of a step as it comes: on every backend, and the reference for the compiled step. */
export function createEagerStep({ network, spec, imageShape, totalSteps }: TrainingStepOptions): TrainingStep {
  const { training } = spec;
  const updates = parameterUpdates(network, spec);
  const stored = storedVariables(updates, spec);
  const own = ownVariables(updates, spec);
  const averaged = new Map(training.ema ? updates.map(({ parameter: { name } }) => [averageName(name), name] as const) : []);
  const phases = runPhases({ network, spec, totalSteps }).map((phase) => ({
    ...phase,
    differentiate: createDividedStep({ network, spec, phase, totalSteps }),
  }));
  let isImported = false;

  // Where the model is an average, the network holds the average, and the parameters as they are trained are kept here.
  const variable = (name: string) => own.get(name) ?? variableOf(network, averaged.get(name) ?? name);
  const access: VariableAccess = {
    variable,
    updated: variable,
    assign: (name, value) => void variable(name).assign(value),
  };

  /** Forward and backward pass over a part of the batch: its gradients, each times the part's share, and its numbers. */
  function differentiate(stepFunction: StepFunction, batch: Batch, part: BatchPart, key: tf.Tensor1D) {
    let numbers: Record<string, number> = {};
    const gradients = tf.tidy(() => {
      const outputs = stepFunction(variable, { ...partOf(batch, part), key });
      for (const [name, value] of outputs.statistics) access.assign(name, value);
      numbers = readNumbers(outputs.results);
      outputs.release();
      const weighted = [...outputs.gradients].map(([name, gradient]) => [name, tf.mul(gradient, part.share)] as const);
      return Object.fromEntries(weighted);
    });
    return { gradients, numbers };
  }

  const tensorsOf = ({ images, labels, targets }: ExampleBatch): Batch => ({
    images: tf.tensor4d(images, [labels.length, ...imageShape], 'int32'),
    labels: tf.tensor1d(labels, 'int32'),
    ...(targets && { targets: tf.tensor2d(targets, [labels.length, network.task.targetWidth]) }),
  });

  const run: TrainingStep['run'] = (examples, { step, learningRate }) => {
    let numbers: Record<string, number> = {};
    tf.tidy(() => {
      const batch = tensorsOf(examples);
      const sums = new Map<string, tf.Tensor>();
      const phase = phases[phaseAt(phases, step)];
      if (!phase) throw new Error(`The run has no step ${step}`);
      for (const [index, part] of microBatches(batch.labels.size, microBatchRows(spec)).entries()) {
        const key = stepKey(training.seed, microBatchNumber(step, index, training.accumulate));
        const more = differentiate(phase.differentiate, batch, part, key);
        numbers = addWeighted(numbers, more.numbers, part.share);
        addTo(sums, more.gradients);
      }
      const inputs = { gradients: sums, learningRate: tf.scalar(learningRate), step: tf.scalar(step + 1) };
      const applied = readNumbers(
        applyUpdates(access, inputs, { updates: phase.updates, training, followers: network.method.followers, totalSteps }),
      );
      numbers = { ...numbers, ...applied };
    });
    return numbers;
  };

  const evaluate: TrainingStep['evaluate'] = (examples) => {
    let outputs = {};
    tf.tidy(() => {
      const computed = evaluateOutputs(network, tensorsOf(examples).images);
      outputs = Object.fromEntries(Object.entries(computed).map(([name, tensor]) => [name, tensor.dataSync<'float32'>()]));
    });
    const { images: _, ...truth } = examples;
    return { outputs, ...truth };
  };

  return {
    begin() {
      if (isImported) return;
      for (const name of averaged.values()) variable(name).assign(variableOf(network, name));
    },
    run,
    evaluate,
    exportSlots: () =>
      stored.map(({ name, variable: source, shape }) => {
        return { name, shape, data: variable(source).dataSync<'float32'>().slice() };
      }),
    importSlots(given) {
      checkStored(stored, given);
      for (const { name, variable: target } of stored) assign(variable(target), given.get(name)?.data ?? new Float32Array());
      isImported = true;
    },
    pull: () => undefined,
    dispose: () => tf.dispose([...own.values()]),
  };
}

/** Variables that the network does not have: slots and, where it holds the average, the parameters that are trained. */
function ownVariables(updates: readonly ParameterUpdate[], { training }: ResolvedSpec): ReadonlyMap<string, tf.Variable> {
  const entries = updates.flatMap(({ parameter: { name, shape }, rule }) => {
    const names = rule.slots.map((slot) => slotName(name, slot));
    return (training.ema ? [...names, name] : names).map((variable) => [variable, zeroVariable(shape)] as const);
  });
  return new Map(entries);
}

/** Adds tensors to sums of the same names, freeing what has been added. */
function addTo(sums: Map<string, tf.Tensor>, tensors: Record<string, tf.Tensor>): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    const before = sums.get(name);
    sums.set(name, before ? tf.add(before, tensor) : tensor);
    if (before) tf.dispose([before, tensor]);
  }
}

function readNumbers(scalars: Record<string, tf.Scalar>): Record<string, number> {
  return Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, value.dataSync()[0] ?? Number.NaN]));
}

function zeroVariable(shape: readonly number[]): tf.Variable {
  const zeros = tf.zeros([...shape]);
  const variable = tf.variable(zeros, false);
  zeros.dispose();
  return variable;
}
