/**
 * Area under the curve of precision over recall, as the sum of steps (scikit-learn's `average_precision_score`): each positive example
 * counts the precision down to its score. Null where no example is positive.
 */
export function averagePrecision(scores: Float32Array, isPositive: (example: number) => boolean): number | null {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  let [sum, positives] = [0, 0];
  for (let start = 0, end = 0; start < order.length; start = end) {
    // Examples of one score are told apart by no threshold: they come in together.
    const score = scores[order[start] ?? 0];
    let found = 0;
    for (; end < order.length && scores[order[end] ?? 0] === score; end++) found += isPositive(order[end] ?? 0) ? 1 : 0;
    positives += found;
    sum += (found * positives) / end;
  }
  return positives === 0 ? null : sum / positives;
}
