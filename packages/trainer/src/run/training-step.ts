import type { Precision } from '@scion/engine';
import type { NamedArray } from '../artifact/safetensors.ts';
import type { EvaluatedBatch } from '../evaluate/define-evaluator.ts';
import type { Network } from '../network.ts';
import type { ResolvedSpec } from '../spec.ts';
import { createCompiledStep } from './compiled-step.ts';
import { createEagerStep } from './eager-step.ts';
import type { ExampleBatch } from './examples.ts';

/** One optimizer step: augment, forward, backward (of each micro-batch), update. Everything that changes from step to step is an argument. */
export type TrainingStep = {
  /**
   * To be called once, when the network holds the values to start from: what the first step would otherwise have to wait for. A
   * compiled step computes convolutions and matrix products in `precision` (float32 where it is left out).
   */
  begin(precision?: Precision): void;
  /** `step` counts from 0. Gives the loss and the method's numbers. */
  run(batch: ExampleBatch, at: { step: number; learningRate: number }): Record<string, number>;
  /** What the method's evaluator computes of a batch with the model as it is now, without augmentation. */
  evaluate(batch: ExampleBatch): EvaluatedBatch;
  /** What a resume needs beside the network's values: the optimizer's and, where those are averages, the parameters in training. */
  exportSlots(): NamedArray[];
  /** To be called before `begin`, if at all. */
  importSlots(stored: ReadonlyMap<string, NamedArray>): void;
  /** Brings the network's values (the averages, where there are any) up to date with the steps that ran: to be called before they are read. */
  pull(): void;
  dispose(): void;
};

export type TrainingStepOptions = {
  network: Network;
  spec: ResolvedSpec;
  /** [height, width, channel] of a batch's images. */
  imageShape: readonly [number, number, number];
  /** Steps of the whole run. */
  totalSteps: number;
  /** Every size that a step's batch can have, all its micro-batches together. */
  batchSizes: readonly number[];
  /** Every size that a batch to evaluate can have. Left out: nothing is evaluated. */
  evaluationSizes?: readonly number[];
  /** TensorFlow's names of what the parts of a batch run on, where `training.devices` divides it: they take turns. Left out: the CPU. */
  devices?: readonly string[];
};

/** The fastest way to run steps on the device that is open: one recorded TensorFlow graph, or op by op where there is no TensorFlow. */
export function createTrainingStep(options: TrainingStepOptions & { compile: boolean }): TrainingStep {
  return options.compile ? createCompiledStep(options) : createEagerStep(options);
}
