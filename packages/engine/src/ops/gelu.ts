import * as tf from '@tensorflow/tfjs-core';
import { erfcKernel, hasKernel } from './fused.ts';

/**
 * The element-wise heart of the exact GELU (Hendrycks & Gimpel, 2016): u · erfc(u), with gelu(z) = -geluCore(-z / √2) / √2. A network
 * puts both factors into the weights before and after it, where they cost nothing: whole passes over the largest tensor are saved.
 */
export function geluCore<T extends tf.Tensor>(u: T): T {
  const forward = tf.customGrad((input, save) => {
    const x = input as tf.Tensor;
    const tail = erfc(x);
    (save as tf.GradSaveFunc)([x, tail]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [xSaved, tailSaved] = saved as [tf.Tensor, tf.Tensor];
      // d(u · erfc u)/du = erfc u - u · (2/√π) exp(-u²); the factor goes into the exponent.
      const density = tf.exp(tf.sub(Math.log(2 / Math.sqrt(Math.PI)), tf.square(xSaved)));
      return tf.mul(dy, tf.sub(tailSaved, tf.mul(xSaved, density)));
    };
    return { value: tf.mul(x, tail), gradFunc };
  });
  return forward(u) as T;
}

/** 1 - erf(x). */
function erfc(x: tf.Tensor): tf.Tensor {
  return hasKernel(erfcKernel) ? (tf.engine().runKernel(erfcKernel, { x }) as tf.Tensor) : tf.sub(1, tf.erf(x));
}
