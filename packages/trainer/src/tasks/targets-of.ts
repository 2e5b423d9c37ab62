import type * as tf from '@tensorflow/tfjs-core';
import type { Truth } from './define-task.ts';

/** The rows [batch, targetWidth] that a task with such rows is always given. */
export function targetsOf({ targets }: Truth): tf.Tensor2D {
  if (!targets) throw new Error('The batch has no targets');
  return targets;
}
