import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';

export const MovingAverage = z.strictObject({
  decay: z.number().min(0).lt(1).default(0.999).describe('Share of the average that stays each step'),
  warmup: z
    .boolean()
    .default(true)
    .describe('Let the average forget its start: at step t the decay is (1 + t) / (10 + t) at most, as in TensorFlow'),
});
export type MovingAverage = z.infer<typeof MovingAverage>;

/** The decay at a step, which counts from 1. */
export function averageDecay({ decay, warmup }: MovingAverage, step: tf.Scalar): tf.Scalar {
  return warmup ? tf.minimum(decay, tf.div(tf.add(step, 1), tf.add(step, 10))) : tf.scalar(decay);
}

/** The average with a further value in it (Polyak & Juditsky, 1992, exponentially weighted). */
export function nextAverage(average: tf.Tensor, value: tf.Tensor, decay: tf.Scalar): tf.Tensor {
  return tf.add(average, tf.mul(tf.sub(value, average), tf.sub(1, decay)));
}
