import type { LabelledFeatures } from './labelled-features.ts';
import { nearestRows } from './nearest-rows.ts';

export type VoteOptions = {
  /** How many neighbours vote; all there are where there are fewer. */
  neighbours: number;
  /** A neighbour's vote weighs exp(cosine / temperature). */
  temperature: number;
  classCount: number;
};

/** Share of the examples whose label a weighted vote of their nearest reference examples gives, by cosine. */
export function nearestNeighbourAccuracy(reference: LabelledFeatures, examples: LabelledFeatures, options: VoteOptions): number {
  const voted = nearestNeighbourLabels(reference, examples, options);
  return voted.filter((label, example) => label === examples.labels[example]).length / voted.length;
}

function nearestNeighbourLabels(
  reference: LabelledFeatures,
  examples: LabelledFeatures,
  { neighbours, temperature, classCount }: VoteOptions,
): Int32Array {
  const { k, positions, cosines } = nearestRows(reference, examples, neighbours);
  return Int32Array.from({ length: examples.features.length / examples.width }, (_, query) => {
    const votes = new Float64Array(classCount);
    for (let rank = query * k; rank < (query + 1) * k; rank++) {
      const label = reference.labels[positions[rank] ?? -1] ?? -1;
      votes[label] = (votes[label] ?? 0) + Math.exp((cosines[rank] ?? 0) / temperature);
    }
    return votes.indexOf(Math.max(...votes));
  });
}
