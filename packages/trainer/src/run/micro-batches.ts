import { unlabelledRows } from '../methods/method-entry.ts';
import type { ResolvedSpec } from '../spec.ts';
import type { BatchPart } from './batch-part.ts';

/** Examples of a full micro-batch, the unlabelled ones among them. */
export function microBatchRows(spec: Pick<ResolvedSpec, 'method' | 'training'>): number {
  return spec.training.batchSize + unlabelledRows(spec);
}

/** Full micro-batches first; the examples that are left over make a smaller one at the end. */
export function microBatches(examples: number, batchSize: number): BatchPart[] {
  return Array.from({ length: Math.ceil(examples / batchSize) }, (_, index) => {
    const start = index * batchSize;
    const size = Math.min(batchSize, examples - start);
    return { start, size, share: size / examples };
  });
}

/** Every size that a micro-batch of batches of these sizes has. */
export function microBatchSizes(sizes: readonly number[], batchSize: number): number[] {
  return [...new Set(sizes.flatMap((examples) => microBatches(examples, batchSize).map(({ size }) => size)))];
}

/** The number of a micro-batch among all of the run, which its random numbers are drawn by. */
export function microBatchNumber(step: number, index: number, accumulate: number): number {
  return step * accumulate + index;
}

/** Adds the numbers of a micro-batch to those of its batch, which are means over examples. */
export function addWeighted(
  sums: Record<string, number>,
  numbers: Record<string, number>,
  share: number,
): Record<string, number> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, (sums[name] ?? 0) + value * share]));
}
