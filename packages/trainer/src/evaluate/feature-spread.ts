import type { LabelledFeatures } from './labelled-features.ts';

/**
 * √width times the mean, over the dimensions, of the standard deviation of features scaled to length 1: about 1 where they spread over
 * all directions, 0 where they are all alike (Chen & He, Exploring Simple Siamese Representation Learning, 2021, section 4.1).
 */
export function featureSpread({ features, labels: { length: count }, width }: LabelledFeatures): number {
  const [sums, squares] = [new Float64Array(width), new Float64Array(width)];
  for (let example = 0; example < count; example++) {
    const row = features.subarray(example * width, (example + 1) * width);
    const length = Math.max(Math.hypot(...row), 1e-12);
    for (const [dimension, value] of row.entries()) {
      sums[dimension] = (sums[dimension] ?? 0) + value / length;
      squares[dimension] = (squares[dimension] ?? 0) + (value / length) ** 2;
    }
  }
  const deviations = sums.map((sum, dimension) => {
    const mean = sum / count;
    return Math.sqrt(Math.max((squares[dimension] ?? 0) / count - mean * mean, 0));
  });
  return (Math.sqrt(width) * deviations.reduce((sum, deviation) => sum + deviation, 0)) / width;
}
