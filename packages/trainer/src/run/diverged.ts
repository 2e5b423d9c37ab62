import { ScionError } from '@scion/schema';

/** The failure of a run whose numbers are no longer finite: what was found, and what is left to go on from. */
export function diverged(found: string, left: string): ScionError {
  return new ScionError('diverged', `${found}: lower training.optimizer.learningRate, or normalise the input. ${left}`);
}
