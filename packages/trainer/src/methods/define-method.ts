import type * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { LabelMix } from '../augment/label-mix.ts';
import type { Backbone } from '../models/define-backbone.ts';
import type { Forward, ParameterSpec } from '../parameters.ts';
import type { RegistryEntry } from '../registry.ts';

/** What a method is made for. */
export type MethodContext = { backbone: Backbone; classNames: readonly string[] };

/** images [batch, height, width, channel]; labels int32 [batch]. */
export type Batch = { images: tf.Tensor4D; labels: tf.Tensor1D };

/** The images after augmentation, which may have mixed them and so their labels: `mixes` says how, one mix after the other. */
export type AugmentedBatch = Batch & { mixes: readonly LabelMix[] };

/** Outputs of one training step: what is minimised, and named numbers to report beside it. */
export type StepResult = { loss: tf.Scalar; metrics: Record<string, tf.Scalar> };

/**
 * An objective: pure functions over the backbone's parameters and its own. Nothing in here may read values back, draw numbers other
 * than from `forward.rng`, or change shape from call to call, so that a step can be recorded and replayed.
 */
export type Method = {
  /** Parameters beside the backbone's. */
  parameters: readonly ParameterSpec[];
  isTrainable(name: string): boolean;
  step(forward: Forward, batch: AugmentedBatch): StepResult;
  /** Class scores [batch, class] before softmax, for evaluation and prediction. */
  logits(forward: Forward, images: tf.Tensor4D): tf.Tensor2D;
};

export type MethodEntry = RegistryEntry & {
  /** Whether `step` heeds `mixes`; augmentations that mix labels are refused to other methods. */
  takesMixedLabels: boolean;
  create(config: unknown, context: MethodContext): Method;
};

type Config<Id extends string> = z.ZodObject<{ type: z.ZodLiteral<Id> } & z.core.$ZodLooseShape>;

/** Declares a method; one that does not say that it takes mixed labels takes none. */
export function defineMethod<Id extends string, C extends Config<Id>>(declaration: {
  id: Id;
  summary: string;
  paper?: string;
  config: C;
  takesMixedLabels?: boolean;
  create(config: z.output<C>, context: MethodContext): Method;
}) {
  return {
    ...declaration,
    takesMixedLabels: declaration.takesMixedLabels ?? false,
    create: (config: unknown, context: MethodContext) => declaration.create(declaration.config.parse(config), context),
  };
}
