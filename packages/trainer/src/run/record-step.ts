import { createProgram, type Program } from '@scion/engine';
import { runFunctions, type StepProgramOptions, stepVariables } from './step-program.ts';

/** The program that a compiled step runs, its variables not written yet. */
export function recordStep(options: StepProgramOptions): Program {
  return createProgram({ variables: stepVariables(options), functions: runFunctions(options), precision: options.precision });
}
