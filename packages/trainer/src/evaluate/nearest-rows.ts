import { computeValues } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { unitRows } from '../unit-rows.ts';
import { type LabelledFeatures, rowTensor } from './labelled-features.ts';

type Rows = Pick<LabelledFeatures, 'features' | 'width'>;

/** For each query, one after the other: the positions of the `k` nearest known rows by cosine, nearest first, and those cosines. */
export type NearestRows = { k: number; positions: Int32Array; cosines: Float32Array };

const queriesAtOnce = 500;

/** The nearest of all known rows, or all where there are fewer than `k`. */
export function nearestRows(known: Rows, queries: Rows, k: number): NearestRows {
  const { width } = known;
  const counted = Math.min(k, known.features.length / width);
  const count = queries.features.length / width;
  const nearest: NearestRows = {
    k: counted,
    positions: new Int32Array(count * counted),
    cosines: new Float32Array(count * counted),
  };
  const columns = tf.tidy(() => tf.transpose(unitRows(rowTensor(known))) as tf.Tensor2D);
  for (let start = 0; start < count; start += queriesAtOnce) {
    const features = queries.features.subarray(start * width, (start + queriesAtOnce) * width);
    // One row a query: the cosines of its neighbours, then their positions, which float32 holds exactly up to 16 million.
    const found = computeValues(() => {
      const { values, indices } = tf.topk(tf.matMul(unitRows(rowTensor({ features, width })), columns), counted, true);
      return tf.concat([values, tf.cast(indices, 'float32')], 1);
    });
    for (let query = 0; query < features.length / width; query++) {
      const [from, to] = [2 * query * counted, (start + query) * counted];
      nearest.cosines.set(found.subarray(from, from + counted), to);
      nearest.positions.set(found.subarray(from + counted, from + 2 * counted), to);
    }
  }
  columns.dispose();
  return nearest;
}
