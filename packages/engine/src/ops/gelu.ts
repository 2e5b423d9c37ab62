import * as tf from '@tensorflow/tfjs-core';

/** x · Φ(x), Φ the normal distribution function (Hendrycks & Gimpel, 2016); exact, by the error function, as PyTorch's default is. */
export function gelu<T extends tf.Tensor>(x: T): T {
  const forward = tf.customGrad((input, save) => {
    const z = input as tf.Tensor;
    const share = tf.add(tf.mul(tf.erf(tf.mul(z, Math.SQRT1_2)), 0.5), 0.5);
    (save as tf.GradSaveFunc)([z, share]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [zSaved, shareSaved] = saved as [tf.Tensor, tf.Tensor];
      const density = tf.mul(tf.exp(tf.mul(tf.square(zSaved), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.mul(dy, tf.add(shareSaved, tf.mul(zSaved, density)));
    };
    return { value: tf.mul(z, share), gradFunc };
  });
  return forward(x) as T;
}
