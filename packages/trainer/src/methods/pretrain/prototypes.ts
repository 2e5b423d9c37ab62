import * as tf from '@tensorflow/tfjs-core';
import type { Forward, ParameterSpec } from '../../parameters.ts';
import { stopGradient } from './without-gradient.ts';

/** Directions that embeddings are compared with. */
export type Prototypes = {
  parameters: readonly ParameterSpec[];
  /** Cosines [row, prototype] of unit rows [row, width]. */
  scores(forward: Forward, rows: tf.Tensor2D): tf.Tensor2D;
  /** The same; the prototypes learn nothing before this progress of the run. */
  scoresLearningFrom(forward: Forward, rows: tf.Tensor2D, gate: { progress: tf.Scalar; from: number }): tf.Tensor2D;
};

/** Only the directions of its columns count, so that they need not be scaled back after each step, as SwAV's authors do. */
export function createPrototypes(name: string, { width, count }: { width: number; count: number }): Prototypes {
  const weight: ParameterSpec = {
    name: `${name}.weight`,
    shape: [width, count],
    init: { type: 'normal', std: 1 / Math.sqrt(width) },
    role: 'weight',
    layout: { type: 'linear' },
  };
  const read = (forward: Forward) => forward.parameter(weight.name) as tf.Tensor2D;
  return {
    parameters: [weight],
    scores: (forward, rows) => tf.matMul(rows, unitColumns(read(forward))),
    scoresLearningFrom(forward, rows, { progress, from }) {
      const columns = unitColumns(read(forward));
      const learns = tf.cast(tf.greaterEqual(progress, from), 'float32');
      // The value is that of the columns either way; the gradient comes through the first term alone.
      const gated = tf.add(tf.mul(columns, learns), tf.mul(stopGradient(columns), tf.sub(1, learns)));
      return tf.matMul(rows, gated as tf.Tensor2D);
    },
  };
}

function unitColumns(weight: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(weight, tf.rsqrt(tf.add(tf.sum(tf.square(weight), 0, true), 1e-12)));
}
