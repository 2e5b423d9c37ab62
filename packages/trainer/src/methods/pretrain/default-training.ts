import type { DefaultTraining, TrainingPlan } from '../define-method.ts';

/**
 * What trains a backbone without labels within a budget of minutes: AdamW, whose rate grows with the square root of the batch
 * (Malladi et al., On the SDEs and scaling rules for adaptive gradient algorithms, 2022), along a cosine after a warm-up of a tenth of
 * the run, ten epochs at most (Chen et al., SimCLR, 2020). 0.001 at 256 examples is what learned in 250 to 1,000 steps on small images.
 */
export function labelFreeTraining({ batchSize, epochs }: TrainingPlan): DefaultTraining {
  return {
    optimizer: { type: 'adamw', learningRate: 0.001 * Math.sqrt(batchSize / 256) },
    schedule: { type: 'cosine', warmupEpochs: Math.min(10, epochs / 10) },
  };
}
