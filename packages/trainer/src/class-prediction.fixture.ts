import assert from 'node:assert/strict';
import type { Prediction } from '@scion/schema';

/** A prediction of a model that tells one class for each example. */
export function classPrediction(prediction: Prediction | undefined): Extract<Prediction, { top: unknown }> {
  assert.ok(prediction && 'top' in prediction, JSON.stringify(prediction));
  return prediction;
}
