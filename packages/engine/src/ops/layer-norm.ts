import * as tf from '@tensorflow/tfjs-core';

/**
 * Normalises each row of x [row, feature] to mean 0 and variance 1, then scales and offsets each feature (Ba et al., 2016). The
 * gradient is written out: what tfjs would compose of the gradients of each op takes three times as many passes over x.
 */
export function layerNorm(
  x: tf.Tensor2D,
  { scale, offset, epsilon }: { scale: tf.Tensor1D; offset: tf.Tensor1D; epsilon: number },
): tf.Tensor2D {
  const forward = tf.customGrad((xIn, scaleIn, offsetIn, save) => {
    const [input, gain, bias] = [xIn as tf.Tensor, scaleIn as tf.Tensor, offsetIn as tf.Tensor];
    const centred = tf.sub(input, tf.mean(input, 1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon));
    const normalised = tf.mul(centred, inverse);
    (save as tf.GradSaveFunc)([normalised, inverse, gain]);
    const value = tf.add(tf.mul(normalised, gain), bias);
    return { value, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => layerNormGradients(dy, saved) };
  });
  return forward(x, scale, offset) as tf.Tensor2D;
}

function layerNormGradients(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] {
  const [normalised, inverse, gain] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
  const scaled = tf.mul(dy, gain);
  const meanOfProduct = tf.mean(tf.mul(scaled, normalised), 1, true);
  const dx = tf.mul(tf.sub(tf.sub(scaled, tf.mean(scaled, 1, true)), tf.mul(normalised, meanOfProduct)), inverse);
  return [dx, tf.sum(tf.mul(dy, normalised), 0), tf.sum(dy, 0)];
}
