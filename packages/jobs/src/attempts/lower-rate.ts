import type { JobSpec } from '@scion/schema';
import { z } from 'zod';

const Trained = z.looseObject({ optimizer: z.looseObject({ learningRate: z.number() }) });

/** The spec of the next try at a job that diverged: that of the last one, at a lower learning rate. */
export function withLowerRate(spec: JobSpec): JobSpec {
  const training = Trained.parse(spec['training']);
  const learningRate = training.optimizer.learningRate * spec.onDivergence.learningRateFactor;
  return { ...spec, training: { ...training, optimizer: { ...training.optimizer, learningRate } } };
}
