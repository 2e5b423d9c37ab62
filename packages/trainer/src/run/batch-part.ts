import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../methods/define-method.ts';

/** A part of a batch. `share` is that of the batch's examples: what its mean loss and gradient count in those of the batch. */
export type BatchPart = { start: number; size: number; share: number };

export function partOf({ images, labels, targets }: Batch, { start, size }: BatchPart): Batch {
  if (size === labels.size) return { images, labels, ...(targets && { targets }) };
  return {
    images: tf.slice(images, [start, 0, 0, 0], [size, -1, -1, -1]),
    labels: tf.slice(labels, [start], [size]),
    ...(targets && { targets: tf.slice(targets, [start, 0], [size, -1]) }),
  };
}
