import type * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { RegistryEntry } from '../registry.ts';

export type OptimizerStep = {
  parameter: tf.Tensor;
  gradient: tf.Tensor;
  /** The optimizer's running values for this parameter, in the order of `slots`; zeros before the first step. */
  slots: readonly tf.Tensor[];
  learningRate: tf.Scalar;
  /** Counted from 1, as a float. */
  step: tf.Scalar;
};

/**
 * The same update as one of TensorFlow's own kernels, which changes parameter and slots in place: they come first, then the
 * operands. Quicker than the plain rule by the memory traffic of its intermediate results.
 */
export type OptimizerKernel = {
  op: string;
  operands(step: Omit<OptimizerStep, 'slots'>): readonly tf.Tensor[];
};

/** The rule by which one parameter changes: a pure function of tensors. */
export type Optimizer = {
  /** Names of the running values that each parameter has, each of its shape. */
  slots: readonly string[];
  update(step: OptimizerStep): { parameter: tf.Tensor; slots: readonly tf.Tensor[] };
  kernel: OptimizerKernel;
};

export type OptimizerEntry = RegistryEntry & { create(config: unknown): Optimizer };

type Config<Id extends string> = z.ZodObject<
  { type: z.ZodLiteral<Id>; learningRate: z.ZodDefault<z.ZodNumber> } & z.core.$ZodLooseShape
>;

export function defineOptimizer<Id extends string, C extends Config<Id>>(declaration: {
  id: Id;
  summary: string;
  paper?: string;
  config: C;
  create(config: z.output<C>): Optimizer;
}) {
  return { ...declaration, create: (config: unknown) => declaration.create(declaration.config.parse(config)) };
}
