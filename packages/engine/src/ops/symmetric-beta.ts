import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from './random.ts';

/** Keeps a quotient finite where both of its draws are 0. */
const tiny = 1e-30;

/**
 * Draws from Beta(alpha, alpha), float32 in [0, 1], for any alpha > 0. Exact, of two uniform draws and without rejection: Bailey,
 * "Polar generation of random variates with the t-distribution" (1994), gives t = √(2α(U^(-1/α) - 1)) cos 2πV of Student's
 * distribution with 2α degrees of freedom, and (1 + t / √(2α + t²)) / 2 is of the beta distribution.
 */
export function symmetricBeta(rng: Rng, site: string, { alpha, shape }: { alpha: number; shape: readonly number[] }): tf.Tensor {
  const power = tf.pow(rng.uniform(`${site}/radius`, shape), 1 / alpha);
  const cosine = tf.cos(tf.mul(2 * Math.PI, rng.uniform(`${site}/angle`, shape)));
  // t / √(2α + t²), numerator and denominator multiplied by U^(1/α), which may be 0 where its inverse would overflow.
  const rest = tf.sub(1, power);
  const denominator = tf.maximum(tf.add(power, tf.mul(rest, tf.square(cosine))), tiny);
  const t = tf.mul(cosine, tf.sqrt(tf.div(rest, denominator)));
  return tf.clipByValue(tf.mul(tf.add(t, 1), 0.5), 0, 1);
}
