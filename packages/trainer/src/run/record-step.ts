import { createProgram, type Precision, type Program } from '@scion/engine';
import { microBatchSizes } from './micro-batches.ts';
import { parameterUpdates } from './parameter-updates.ts';
import { runFunctions, stepVariables } from './step-program.ts';
import type { TrainingStepOptions } from './training-step.ts';

/** The program that a compiled step runs, its variables not written yet: for what measures its size, or how long recording takes. */
export function recordStep(given: TrainingStepOptions, precision: Precision = 'float32'): Program {
  const { network, spec } = given;
  const options = {
    ...given,
    batchSizes: microBatchSizes(given.batchSizes, spec.training.batchSize),
    updates: parameterUpdates(network, spec),
  };
  return createProgram({ variables: stepVariables(options), functions: runFunctions(options), precision });
}
