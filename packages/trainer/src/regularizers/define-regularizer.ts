import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { RegistryEntry } from '../registry.ts';

/** R(θ) of the objective loss + λ·R(θ), over one weight tensor; the terms of all trainable weights are summed. */
export type Regularizer = (weight: tf.Tensor) => tf.Scalar;

export type RegularizerEntry = RegistryEntry & { penalty: Regularizer };

/** Declares R; its λ is the field `lambda` that all share. Biases and normalisation parameters are left out. */
export function defineRegularizer<const Id extends string>(declaration: {
  id: Id;
  summary: string;
  paper?: string;
  penalty: Regularizer;
}) {
  return {
    ...declaration,
    config: z.strictObject({ type: z.literal(declaration.id), lambda: z.number().min(0).describe('λ, the factor on the term') }),
  };
}

/** λ·R(θ) over the given weights. */
export function regularization(penalty: Regularizer, weights: readonly tf.Tensor[], lambda: number): tf.Scalar {
  return tf.mul(tf.addN(weights.map((weight) => penalty(weight))), lambda);
}
