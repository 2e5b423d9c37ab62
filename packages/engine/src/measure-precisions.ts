import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { createProgram, type Precision } from './graph/program.ts';

/** Milliseconds of the same work in each precision that was asked about. */
export type PrecisionTimes = ReadonlyMap<Precision, number>;

/** oneDNN computes in bfloat16 from AVX-512 on; an older x86 CPU emulates it ten times slower, and TensorFlow logs an error. */
export function cpuEmulatesLowPrecision(): boolean {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false;
  return !readFileSync('/proc/cpuinfo', 'utf8').includes('avx512');
}

const repeats = 3;
const shape = [4, 16, 16, 64] as const;

/**
 * Times a 3×3 convolution of 64 channels with both its gradients in each precision, the best of a few runs: within a second, also where
 * the device has no units for a precision and emulates it.
 */
export function measurePrecisions(precisions: readonly Precision[]): PrecisionTimes {
  return new Map(precisions.map((precision) => [precision, bestMs(precision)]));
}

function bestMs(precision: Precision): number {
  const program = createProgram({
    variables: [{ name: 'filter', shape: [3, 3, 64, 64] }],
    functions: {
      step: {
        inputs: { images: { dtype: 'float32', shape } },
        build({ input, variable }) {
          const loss = (images: tf.Tensor, filter: tf.Tensor) =>
            tf.sum(tf.relu(tf.conv2d(images as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'))) as tf.Scalar;
          const [dImages, dFilter] = tf.grads(loss)([input('images'), variable('filter')]);
          return { sum: tf.add(tf.sum(dImages as tf.Tensor), tf.sum(dFilter as tf.Tensor)) };
        },
      },
    },
    precision,
  });
  try {
    program.write('filter', new Float32Array(3 * 3 * 64 * 64).fill(0.01));
    const images = new Float32Array(shape[0] * shape[1] * shape[2] * shape[3]).fill(0.5);
    const run = () => {
      const startedAt = performance.now();
      program.run('step', { images });
      return performance.now() - startedAt;
    };
    run(); // TensorFlow prepares the graph at the first run
    return Math.min(...Array.from({ length: repeats }, run));
  } finally {
    program.dispose();
  }
}
