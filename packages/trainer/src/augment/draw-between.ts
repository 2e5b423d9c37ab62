import * as tf from '@tensorflow/tfjs-core';
import type { Draw } from './define-augmentation.ts';

/** Uniform draws from a range, float32 of a shape; `part` tells them from the augmentation's other draws. */
export function drawBetween(
  { rng, site }: Draw,
  part: string,
  { range: [low, high], shape }: { range: readonly [number, number]; shape: readonly number[] },
): tf.Tensor {
  return tf.add(tf.mul(rng.uniform(`${site}/${part}`, shape), high - low), low);
}
