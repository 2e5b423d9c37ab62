import * as tf from '@tensorflow/tfjs-core';

/** compute(x), through which no gradient comes back to x (Chen & He, 2021, call it stop-gradient). */
export function withoutGradient<X extends tf.Tensor, Y extends tf.Tensor>(x: X, compute: (x: X) => Y): Y {
  const forward = tf.customGrad((input) => {
    return { value: compute(input as X), gradFunc: () => tf.zeros(x.shape) };
  });
  return forward(x) as Y;
}

/** x as a constant. */
export function stopGradient<X extends tf.Tensor>(x: X): X {
  return withoutGradient(x, (value) => tf.clone(value) as X);
}
