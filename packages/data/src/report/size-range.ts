import type { SizeRange } from '@scion/schema';

/** The least, middle and largest of some numbers; of two in the middle the smaller one. */
export function rangeOf(values: Uint32Array): SizeRange {
  const sorted = values.slice().sort();
  return { min: sorted[0] ?? 0, median: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0, max: sorted.at(-1) ?? 0 };
}
