/** At most `limit` of the positions 0 … count - 1, at even distances: of what is sorted by class they meet every class. */
export function evenlySpaced(count: number, limit: number): Int32Array {
  const length = Math.min(count, limit);
  return Int32Array.from({ length }, (_, i) => Math.floor((i * count) / length));
}
