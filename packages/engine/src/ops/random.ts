import * as tf from '@tensorflow/tfjs-core';
import { hashName } from './philox.ts';

/** Name of the kernel that each backend registers: `{ key: int32 [2] }, { shape } → float32 shape`. */
export const statelessUniformKernel = 'StatelessRandomUniform';

/**
 * Random numbers of one training step. Each draw is a pure function of (seed, step, site): the same key gives the same numbers in
 * whatever order the draws are made, which is what makes a resumed run equal an unbroken one. `site` names the place that draws.
 */
export type Rng = {
  /** float32 in [0, 1). */
  uniform(site: string, shape: readonly number[]): tf.Tensor;
  /** float32, mean 0 and standard deviation 1 (Box-Muller). */
  normal(site: string, shape: readonly number[]): tf.Tensor;
};

/** `key` is int32 [seed, step]; it is a tensor so that a recorded step can take it as an input. */
export function createRng(key: tf.Tensor1D): Rng {
  const uniform = (site: string, shape: readonly number[]): tf.Tensor =>
    tf.tidy(() => {
      const siteKey = tf.add(key, tf.tensor1d([hashName(site), 0], 'int32'));
      return tf.engine().runKernel(statelessUniformKernel, { key: siteKey }, { shape: [...shape] }) as tf.Tensor;
    });
  return {
    uniform,
    normal: (site, shape) =>
      tf.tidy(() => {
        const radius = tf.sqrt(tf.mul(-2, tf.log(tf.sub(1, uniform(`${site}/radius`, shape)))));
        return tf.mul(radius, tf.cos(tf.mul(2 * Math.PI, uniform(`${site}/angle`, shape))));
      }),
  };
}

/** Random numbers at sites of their own, apart from those that `rng` gives at the same sites. */
export function rngWithin(rng: Rng, scope: string): Rng {
  return {
    uniform: (site, shape) => rng.uniform(`${scope}/${site}`, shape),
    normal: (site, shape) => rng.normal(`${scope}/${site}`, shape),
  };
}

/** The key of a step, for `createRng`. */
export function stepKey(seed: number, step: number): tf.Tensor1D {
  return tf.tensor1d([seed, step], 'int32');
}

/** Zeroes each element with probability `rate` and scales the rest by 1 / (1 - rate) (Srivastava et al., 2014). */
export function dropout<T extends tf.Tensor>(x: T, rate: number, options: { rng: Rng; site: string }): T {
  return maskedDropout(x, rate, { ...options, maskShape: x.shape });
}

/** Drops whole channels of x [batch, height, width, channel] (Tompson et al., 2015; PyTorch's Dropout2d). */
export function spatialDropout(x: tf.Tensor4D, rate: number, options: { rng: Rng; site: string }): tf.Tensor4D {
  const [batch, , , channels] = x.shape;
  return maskedDropout(x, rate, { ...options, maskShape: [batch, 1, 1, channels] });
}

/** Dropout in which the elements that share a place of the mask fall together; the mask's shape broadcasts to that of x. */
export function maskedDropout<T extends tf.Tensor>(
  x: T,
  rate: number,
  { rng, site, maskShape }: { rng: Rng; site: string; maskShape: readonly number[] },
): T {
  if (rate === 0) return x;
  const kept = tf.cast(tf.greaterEqual(rng.uniform(site, maskShape), rate), 'float32');
  return tf.mul(x, tf.div(kept, 1 - rate)) as T;
}
