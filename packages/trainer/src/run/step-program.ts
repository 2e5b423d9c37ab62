import type { Build, Precision, ProgramFunction, VariableSpec } from '@scion/engine';
import * as tf from '@tensorflow/tfjs-core';
import { evaluateOutputs } from '../network.ts';
import { applyUpdates, type UpdateOptions } from './apply-updates.ts';
import { lossScaleVariables } from './loss-scale.ts';
import { microBatchRows, microBatchSizes } from './micro-batches.ts';
import { averageName, gradientSumName, type ParameterUpdate, parameterUpdates, slotName } from './parameter-updates.ts';
import { type RunPhase, runPhases } from './phases.ts';
import type { StepFunction } from './step-function.ts';
import { createDividedStep } from './towers.ts';
import type { TrainingStepOptions } from './training-step.ts';

/** `batchSizes` are those of micro-batches, where gradients are accumulated; `updates` those of all phases. */
export type StepProgramOptions = TrainingStepOptions & {
  updates: readonly ParameterUpdate[];
  phases: readonly RunPhase[];
  precision: Precision;
};

export function stepProgramOptions(given: TrainingStepOptions, precision: Precision = 'float32'): StepProgramOptions {
  const { network, spec } = given;
  const batchSizes = microBatchSizes(given.batchSizes, microBatchRows(spec));
  return { ...given, batchSizes, updates: parameterUpdates(network, spec), phases: runPhases(given), precision };
}

/** Gradients in float16 do not reach as far down as a loss needs. */
const scalesLoss = ({ precision }: StepProgramOptions) => precision === 'float16';

/** What a step keeps beside the variables of its parameters, and what it starts from. */
export const extraVariables = (options: StepProgramOptions) => (scalesLoss(options) ? lossScaleVariables : []);

export const trainFunction = (phase: number, batchSize: number) => `train-${phase}-${batchSize}`;
export const accumulateFunction = (phase: number, batchSize: number) => `accumulate-${phase}-${batchSize}`;
export const applyFunction = (phase: number) => `apply-${phase}`;
export const evaluateFunction = (batchSize: number) => `evaluate-${batchSize}`;

/** The variable that holds a parameter of the model: its average, where the run keeps one. */
export function modelVariable(name: string, { spec, updates }: Pick<StepProgramOptions, 'spec' | 'updates'>): string {
  return spec.training.ema && updates.some(({ parameter }) => parameter.name === name) ? averageName(name) : name;
}

/** Everything that a step reads or changes. */
export function stepVariables(options: StepProgramOptions): VariableSpec[] {
  const { network, spec, updates } = options;
  const { accumulate, ema } = spec.training;
  const own = updates.flatMap(({ parameter: { name, shape }, rule }) => {
    const names = [
      ...rule.slots.map((slot) => slotName(name, slot)),
      ...(accumulate > 1 ? [gradientSumName(name)] : []),
      ...(ema ? [averageName(name)] : []),
    ];
    return names.map((variable) => ({ name: variable, shape }));
  });
  return [...network.parameters, ...own, ...extraVariables(options)];
}

/** All that a run computes, as functions of one program. */
export function runFunctions(options: StepProgramOptions): Record<string, ProgramFunction> {
  const { evaluationSizes = [] } = options;
  const evaluations = evaluationSizes.map((size) => [evaluateFunction(size), evaluate(options, size)] as const);
  const steps = options.phases.flatMap((phase, index) => stepFunctions(options, phase, index));
  return Object.fromEntries([...steps, ...evaluations]);
}

/**
 * A step of a phase: one function for each batch size; or, where gradients are accumulated, one for each micro-batch size, which adds to sums that
 * live in the session, and one that applies the sums.
 */
function stepFunctions(options: StepProgramOptions, phase: RunPhase, index: number): [string, ProgramFunction][] {
  const { spec, batchSizes } = options;
  const stepFunction = createDividedStep({ ...options, phase, scalesLoss: scalesLoss(options) });
  const ofPhase: PhaseOptions = { ...options, phase, stepFunction };
  if (spec.training.accumulate === 1) return batchSizes.map((size) => [trainFunction(index, size), train(ofPhase, size)]);
  return [
    ...batchSizes.map((size): [string, ProgramFunction] => [accumulateFunction(index, size), accumulate(ofPhase, size)]),
    [applyFunction(index), applySums(ofPhase)],
  ];
}

type PhaseOptions = StepProgramOptions & { phase: RunPhase; stepFunction: StepFunction };

const scalar = { dtype: 'float32', shape: [] } as const;
const rateInputs = { learningRate: scalar, step: scalar };

const imageInputs = ({ imageShape }: StepProgramOptions, size: number) =>
  ({ images: { dtype: 'uint8', shape: [size, ...imageShape] } }) as const;

const targetInputs = ({ network: { task } }: StepProgramOptions, size: number) =>
  task.targetWidth > 0 ? ({ targets: { dtype: 'float32', shape: [size, task.targetWidth] } } as const) : {};

const batchInputs = (options: StepProgramOptions, size: number) =>
  ({
    ...imageInputs(options, size),
    labels: { dtype: 'int32', shape: [size] },
    ...targetInputs(options, size),
    key: { dtype: 'int32', shape: [2] },
  }) as const;

/** Forward and backward pass; running averages take their new values. */
function differentiate(
  { input, variable, assign }: Build,
  stepFunction: StepFunction,
  { network: { task } }: StepProgramOptions,
) {
  const { results, gradients, statistics } = stepFunction(variable, {
    images: input('images') as tf.Tensor4D,
    labels: input('labels') as tf.Tensor1D,
    ...(task.targetWidth > 0 && { targets: input('targets') as tf.Tensor2D }),
    key: input('key') as tf.Tensor1D,
  });
  for (const [name, value] of statistics) assign(name, value);
  tf.dispose([...statistics.values()]);
  return { results, gradients };
}

const updateOptions = (options: PhaseOptions): UpdateOptions => ({
  updates: options.phase.updates,
  training: options.spec.training,
  scalesLoss: scalesLoss(options),
  followers: options.network.method.followers,
  totalSteps: options.totalSteps,
});

const ratesOf = ({ input }: Build) => ({ learningRate: input('learningRate') as tf.Scalar, step: input('step') as tf.Scalar });

function train(options: PhaseOptions, size: number): ProgramFunction {
  return {
    inputs: { ...batchInputs(options, size), ...rateInputs },
    build(build) {
      const { results, gradients } = differentiate(build, options.stepFunction, options);
      const numbers = applyUpdates(build, { gradients, ...ratesOf(build) }, updateOptions(options));
      return { ...results, ...numbers };
    },
  };
}

function accumulate(options: PhaseOptions, size: number): ProgramFunction {
  return {
    inputs: { ...batchInputs(options, size), share: scalar },
    build(build) {
      const { results, gradients } = differentiate(build, options.stepFunction, options);
      const rate = tf.neg(build.input('share')); // the kernel subtracts
      for (const [name, gradient] of gradients) {
        build.update('ResourceApplyGradientDescent', { variables: [gradientSumName(name)], operands: [rate, gradient] });
      }
      return results;
    },
  };
}

function evaluate(options: StepProgramOptions, size: number): ProgramFunction {
  return {
    inputs: imageInputs(options, size),
    build({ input, variable }) {
      const read = (name: string) => variable(modelVariable(name, options));
      return evaluateOutputs(options.network, input('images') as tf.Tensor4D, read);
    },
  };
}

function applySums(options: PhaseOptions): ProgramFunction {
  return {
    inputs: rateInputs,
    build(build) {
      const names = options.phase.updates.map(({ parameter }) => parameter.name);
      const gradients = new Map(names.map((name) => [name, build.variable(gradientSumName(name))] as const));
      const numbers = applyUpdates(build, { gradients, ...ratesOf(build) }, updateOptions(options));
      for (const [name, sum] of gradients) build.assign(gradientSumName(name), tf.zerosLike(sum));
      return { ...numbers, done: tf.scalar(1) };
    },
  };
}
