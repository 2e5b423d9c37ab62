import * as tf from '@tensorflow/tfjs-core';

/** Rows of `width` numbers, and the label of each. */
export type LabelledFeatures = { features: Float32Array; labels: Int32Array; width: number };

/** As a tensor [row, width]. */
export function rowTensor({ features, width }: Pick<LabelledFeatures, 'features' | 'width'>): tf.Tensor2D {
  return tf.tensor2d(features, [features.length / width, width]);
}

/** The rows at some positions. */
export function rowsAt({ features, labels, width }: LabelledFeatures, positions: ArrayLike<number>): LabelledFeatures {
  const chosen = { features: new Float32Array(positions.length * width), labels: new Int32Array(positions.length), width };
  for (const [row, position] of Array.from(positions).entries()) {
    chosen.features.set(features.subarray(position * width, (position + 1) * width), row * width);
    chosen.labels[row] = labels[position] ?? -1;
  }
  return chosen;
}
