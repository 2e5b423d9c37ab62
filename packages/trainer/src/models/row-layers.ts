import * as tf from '@tensorflow/tfjs-core';
import { batchNorm, type Layer, linear } from './layers.ts';

/** x [row, in] → [row, out], without an offset: for what a normalisation follows, which would take it out again. */
export function linearWithoutBias(name: string, sizes: { in: number; out: number }): Layer<tf.Tensor2D, tf.Tensor2D> {
  const weights = linear(name, sizes).parameters.filter(({ role }) => role === 'weight');
  return {
    parameters: weights,
    apply: (forward, x) => tf.matMul(x, forward.parameter(`${name}.weight`) as tf.Tensor2D),
  };
}

/** Batch normalisation of rows [batch, channel]. */
export function batchNormRows(name: string, channels: number): Layer<tf.Tensor2D, tf.Tensor2D> {
  const { parameters, apply } = batchNorm(name, channels);
  return {
    parameters,
    apply(forward, x) {
      const [batch] = x.shape;
      return tf.reshape(apply(forward, tf.reshape(x, [batch, 1, 1, channels])), [batch, channels]);
    },
  };
}
