import { classAttributes } from './class-attributes.ts';
import { consistency } from './consistency.ts';
import type { ConstraintEntry } from './define-constraint.ts';
import { equalRisk } from './equal-risk.ts';
import { meanPredictionPrior } from './mean-prediction-prior.ts';

export const constraints = [
  consistency,
  meanPredictionPrior,
  classAttributes,
  equalRisk,
] as const satisfies readonly ConstraintEntry[];
