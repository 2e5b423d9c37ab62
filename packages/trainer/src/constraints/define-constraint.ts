import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { RegistryEntry } from '../registry.ts';

/** What a method predicts of a batch, and what it should. */
export type Predictions = {
  /** Class scores [batch, class] before softmax. */
  scores: tf.Tensor2D;
  /** Shares of the classes [batch, class], by the labels. */
  targets: tf.Tensor2D;
  /** Class scores of another view of each image. */
  otherScores(): tf.Tensor2D;
};

/** C of the objective loss + μ·C(θ; task): what the predictions of a batch lack of what is asked of them; 0 where nothing is amiss. */
export type Constraint = {
  violation(predictions: Predictions): tf.Scalar;
  /** Whether `otherScores` is called. */
  needsOtherView?: true;
};

export type ConstraintEntry = RegistryEntry & {
  /** Throws ScionError `specInvalid` where the settings do not fit the classes. */
  create(config: unknown, classNames: readonly string[]): Constraint;
};

/** Declares C with its settings; its μ is the field `mu` that all share. */
export function defineConstraint<const Id extends string, Settings extends z.ZodRawShape>(declaration: {
  id: Id;
  summary: string;
  paper: string;
  settings: Settings;
  create(settings: z.output<z.ZodObject<Settings>>, classNames: readonly string[]): Constraint;
}) {
  const { settings, create, ...described } = declaration;
  const parsed = z.object(settings);
  return {
    ...described,
    config: z.strictObject({
      type: z.literal(declaration.id),
      mu: z.number().min(0).describe('μ, the factor on the term'),
      ...settings,
    }),
    create: (config: unknown, classNames: readonly string[]) => create(parsed.parse(config), classNames),
  };
}
