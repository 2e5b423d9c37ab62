import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Forward, ParameterSpec } from '../../parameters.ts';

/** Embeddings of earlier batches, kept from step to step. */
export type Queue = {
  parameters: readonly ParameterSpec[];
  /** [size, width], the newest first. */
  read(forward: Forward): tf.Tensor2D;
  /** Puts rows [row, width] before all others, of which the oldest leave. */
  push(forward: Forward, rows: tf.Tensor2D): void;
};

export const queueSize = z.int().min(1).max(1_048_576);

/** Why a batch whose embeddings join a queue cannot be divided. */
export const queueNeedsWholeBatch = 'each device would keep a queue of its own';

/** Before its first rows come, it holds random ones of about length 1 (He et al., Momentum contrast, 2020). */
export function createQueue(name: string, { size, width }: { size: number; width: number }): Queue {
  const parameter: ParameterSpec = {
    name,
    shape: [size, width],
    init: { type: 'normal', std: 1 / Math.sqrt(width) },
    role: 'statistic',
    layout: { type: 'plain' },
  };
  const read = (forward: Forward) => forward.parameter(name) as tf.Tensor2D;
  return {
    parameters: [parameter],
    read,
    push(forward, rows) {
      const all = tf.concat([rows, read(forward)], 0) as tf.Tensor2D;
      forward.updateStatistic(name, tf.slice(all, [0, 0], [size, width]));
    },
  };
}
