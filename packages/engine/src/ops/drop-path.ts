import type * as tf from '@tensorflow/tfjs-core';
import { maskedDropout, type Rng } from './random.ts';

/**
 * Zeroes whole examples of a residual branch x [batch, ...] with probability `rate`, and scales the rest by 1 / (1 - rate), so that each
 * example passes a network of random depth (Huang et al., 2016).
 */
export function dropPath<T extends tf.Tensor>(x: T, rate: number, options: { rng: Rng; site: string }): T {
  return maskedDropout(x, rate, { ...options, maskShape: x.shape.map((side, axis) => (axis === 0 ? side : 1)) });
}
