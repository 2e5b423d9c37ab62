import { computeValues } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { unitRows } from '../unit-rows.ts';
import { type LabelledFeatures, rowTensor } from './labelled-features.ts';

export type VoteOptions = {
  /** How many neighbours vote; all there are where there are fewer. */
  neighbours: number;
  /** A neighbour's vote weighs exp(cosine / temperature). */
  temperature: number;
  classCount: number;
};

const queriesAtOnce = 500;

/** Share of the examples whose label a weighted vote of their nearest reference examples gives, by cosine. */
export function nearestNeighbourAccuracy(reference: LabelledFeatures, examples: LabelledFeatures, options: VoteOptions): number {
  const voted = nearestNeighbourLabels(reference, examples, options);
  return voted.filter((label, example) => label === examples.labels[example]).length / voted.length;
}

function nearestNeighbourLabels(
  reference: LabelledFeatures,
  { features, width }: LabelledFeatures,
  options: VoteOptions,
): Int32Array {
  const count = features.length / width;
  const known = tf.tidy(() => tf.transpose(unitRows(rowTensor(reference))) as tf.Tensor2D);
  const labels = new Int32Array(count);
  for (let start = 0; start < count; start += queriesAtOnce) {
    const queries = features.subarray(start * width, (start + queriesAtOnce) * width);
    labels.set(vote(known, queries, { ...options, reference }), start);
  }
  known.dispose();
  return labels;
}

/** known [width, reference], queries of `width` numbers each → a label for each query. */
function vote(
  known: tf.Tensor2D,
  queries: Float32Array,
  { reference, neighbours, temperature, classCount }: VoteOptions & { reference: LabelledFeatures },
): Int32Array {
  const k = Math.min(neighbours, reference.labels.length);
  // One row a query: the cosines of its neighbours, then their positions, which float32 holds exactly up to 16 million.
  const nearest = computeValues(() => {
    const { values, indices } = tf.topk(
      tf.matMul(unitRows(rowTensor({ features: queries, width: reference.width })), known),
      k,
      true,
    );
    return tf.concat([values, tf.cast(indices, 'float32')], 1);
  });
  return Int32Array.from({ length: queries.length / reference.width }, (_, query) => {
    const votes = new Float64Array(classCount);
    for (let rank = 0; rank < k; rank++) {
      const label = reference.labels[nearest[(2 * query + 1) * k + rank] ?? -1] ?? -1;
      votes[label] = (votes[label] ?? 0) + Math.exp((nearest[2 * query * k + rank] ?? 0) / temperature);
    }
    return votes.indexOf(Math.max(...votes));
  });
}
