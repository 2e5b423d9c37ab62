import type * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { ParameterSpec } from '../parameters.ts';
import type { RegistryEntry } from '../registry.ts';

/** What a rule may depend on of the parameter that it changes. */
export type TrainedParameter = Pick<ParameterSpec, 'name' | 'shape' | 'role'>;

export type UpdateStep = {
  parameter: tf.Tensor;
  gradient: tf.Tensor;
  /** The rule's running values, in the order of its `slots`; zeros before the first step. */
  slots: readonly tf.Tensor[];
  learningRate: tf.Scalar;
  /** Counted from 1, as a float. */
  step: tf.Scalar;
};

/** One of TensorFlow's own update kernels: it changes the parameter and the named slots, which come before the operands, in place. */
export type KernelCall = {
  op: string;
  slots: readonly string[];
  operands: readonly tf.Tensor[];
  /** Attributes that say yes or no, such as `use_nesterov`. */
  flags?: Readonly<Record<string, boolean>>;
};

/** The rule by which one parameter changes: pure functions of tensors. */
export type UpdateRule = {
  /** Names of the running values, each of the parameter's shape. */
  slots: readonly string[];
  update(step: UpdateStep): { parameter: tf.Tensor; slots: readonly tf.Tensor[] };
  /**
   * The same update as kernels that run one after the other, where TensorFlow has them. Quicker than `update` by the memory traffic
   * of its intermediate results.
   */
  kernels?(step: Omit<UpdateStep, 'slots'>): readonly KernelCall[];
};

export type OptimizerEntry = RegistryEntry & { create(config: unknown, parameter: TrainedParameter): UpdateRule };

type Config<Id extends string> = z.ZodObject<
  {
    type: z.ZodLiteral<Id>;
    learningRate: z.ZodDefault<z.ZodNumber>;
    weightDecay: z.ZodDefault<z.ZodNumber>;
  } & z.core.$ZodLooseShape
>;

/** `create` gives the rule of one parameter. */
export function defineOptimizer<Id extends string, C extends Config<Id>>(declaration: {
  id: Id;
  summary: string;
  paper?: string;
  config: C;
  create(config: z.output<C>, parameter: TrainedParameter): UpdateRule;
}) {
  return {
    ...declaration,
    create: (config: unknown, parameter: TrainedParameter) => declaration.create(declaration.config.parse(config), parameter),
  };
}
