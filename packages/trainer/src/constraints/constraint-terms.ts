import type { ErrorDetail } from '@scion/schema';
import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { type AugmentationConfig, mixesLabels } from '../augment/pipeline.ts';
import { entryOf } from '../registry.ts';
import type { Constraint, ConstraintEntry, Predictions } from './define-constraint.ts';
import { constraints } from './index.ts';

/** A constraint as a job asks for it: `μ·C(θ; task)`, reported by its name. */
export type ConstraintTerm = Constraint & { name: string; mu: number };

type ConstraintConfig = { type: string; mu: number };

/** Throws ScionError `specInvalid` where settings do not fit the classes. */
export function createConstraintTerms(configs: readonly ConstraintConfig[], classNames: readonly string[]): ConstraintTerm[] {
  return configs.map((config) => {
    const constraint = entryOf<ConstraintEntry>(constraints, config.type).create(config, classNames);
    return { ...constraint, name: `constraint.${config.type}`, mu: config.mu };
  });
}

/** Each μ·C by the name that it is reported under. */
export function constraintValues(terms: readonly ConstraintTerm[], predictions: Predictions): Record<string, tf.Scalar> {
  return Object.fromEntries(
    terms.map(({ name, mu, violation }) => [name, tf.mul<tf.Scalar>(violation(predictions), mu)] as const),
  );
}

/** What is wrong with the constraints of a job whose method takes them or not. */
export function constraintProblems(
  configs: readonly ConstraintConfig[],
  {
    method,
    classNames,
    augment,
  }: {
    method: { id: string; takesConstraints: boolean };
    classNames: readonly string[];
    augment: readonly AugmentationConfig[];
  },
): ErrorDetail[] {
  return configs.flatMap((config, index) => {
    const message = problemOf(config, { method, classNames, augment });
    return message === null ? [] : [{ path: `training.constraints.${index}`, message }];
  });
}

function problemOf(config: ConstraintConfig, { method, classNames, augment }: Parameters<typeof constraintProblems>[1]) {
  if (!method.takesConstraints)
    return `${method.id} takes no constraints: they are for methods that learn one class for each image, by labels alone`;
  try {
    const [term] = createConstraintTerms([config], classNames);
    const mixing = term?.needsOtherView && augment.find(mixesLabels);
    return mixing ? `${config.type} compares two views of an image, but ${mixing.type} mixes it with others` : null;
  } catch (error) {
    if (error instanceof ScionError) return error.message;
    throw error;
  }
}
