import { bandCount, hashBand, miniatureBytes } from './fingerprint.ts';

/** Example number `copy` shows the same as number `original`, which came before it. */
export type Duplicate = { original: number; copy: number };

/** More examples than this in one band tell of empty rows, as a digit's margins, and not of copies. */
const largestBucket = 64;
/** Mean difference of two miniatures (0 to 255) up to which they show the same, and its share of the image's own contrast. */
const nearDifference = 3;
const nearShareOfContrast = 0.06;
/** Difference in brightness that does not count. */
const nearBrightness = 12;

/** Pairs of examples with equal hashes; `words` holds `wordsPerHash` for each example. */
export function findExactDuplicates(words: Uint32Array, wordsPerHash: number): Duplicate[] {
  const compare = (a: number, b: number) => {
    for (let word = 0; word < wordsPerHash; word++) {
      const difference = (words[a * wordsPerHash + word] ?? 0) - (words[b * wordsPerHash + word] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  };
  const order = Uint32Array.from({ length: words.length / wordsPerHash }, (_, i) => i).sort((a, b) => compare(a, b) || a - b);
  const duplicates: Duplicate[] = [];
  for (const run of runsOf(order, (a, b) => compare(a, b) === 0)) {
    const [original = 0, ...copies] = run;
    for (const copy of copies) duplicates.push({ original, copy });
  }
  return duplicates.sort((a, b) => a.copy - b.copy);
}

/**
 * Pairs of examples whose miniatures look the same, though their pixels differ. Those with equal bits in one band at least are
 * compared in full. Examples for which `isCopy` says so are left out. Takes time in proportion to the number of examples.
 */
export function findNearDuplicates(miniatures: Uint8Array, isCopy: (example: number) => boolean): Duplicate[] {
  const count = miniatures.length / miniatureBytes;
  const means = Float32Array.from({ length: count }, (_, i) => meanOf(miniatures, i * miniatureBytes));
  const contrasts = means.map((mean, i) => contrastOf(miniatures, { offset: i * miniatureBytes, mean }));
  const candidates = Uint32Array.from({ length: count }, (_, i) => i).filter((i) => !isCopy(i) && (contrasts[i] ?? 0) > 1);
  const originals = new Map<number, number>();
  const bits = new Uint32Array(count);
  for (let band = 0; band < bandCount; band++) {
    for (const i of candidates) bits[i] = hashBand(miniatures, i * miniatureBytes, band);
    const order = candidates.slice().sort((a, b) => (bits[a] ?? 0) - (bits[b] ?? 0) || a - b);
    for (const run of runsOf(order, (a, b) => bits[a] === bits[b])) {
      if (run.length > largestBucket) continue;
      for (const [position, copy] of run.entries()) {
        if (originals.has(copy)) continue;
        const limit = miniatureBytes * Math.min(nearDifference, nearShareOfContrast * (contrasts[copy] ?? 0));
        const original = run.slice(0, position).find((other) => {
          const brightness = (means[other] ?? 0) - (means[copy] ?? 0);
          return Math.abs(brightness) <= nearBrightness && differsByLess(miniatures, { a: other, b: copy, brightness, limit });
        });
        if (original !== undefined) originals.set(copy, original);
      }
    }
  }
  return [...originals].map(([copy, original]) => ({ original, copy })).sort((a, b) => a.copy - b.copy);
}

/** Neighbours in `order` that are alike, as runs of two and more. */
function* runsOf(order: Uint32Array, areAlike: (a: number, b: number) => boolean): Generator<number[]> {
  let start = 0;
  for (let end = 1; end <= order.length; end++) {
    if (end < order.length && areAlike(order[start] ?? 0, order[end] ?? 0)) continue;
    if (end - start > 1) yield [...order.subarray(start, end)];
    start = end;
  }
}

function differsByLess(
  miniatures: Uint8Array,
  { a, b, brightness, limit }: { a: number; b: number; brightness: number; limit: number },
): boolean {
  let difference = 0;
  for (let i = 0; i < miniatureBytes; i++) {
    difference += Math.abs((miniatures[a * miniatureBytes + i] ?? 0) - (miniatures[b * miniatureBytes + i] ?? 0) - brightness);
    if (difference > limit) return false;
  }
  return true;
}

function meanOf(miniatures: Uint8Array, offset: number): number {
  let sum = 0;
  for (let i = 0; i < miniatureBytes; i++) sum += miniatures[offset + i] ?? 0;
  return sum / miniatureBytes;
}

/** Mean distance of the values from their mean. */
function contrastOf(miniatures: Uint8Array, { offset, mean }: { offset: number; mean: number }): number {
  let deviation = 0;
  for (let i = 0; i < miniatureBytes; i++) deviation += Math.abs((miniatures[offset + i] ?? 0) - mean);
  return deviation / miniatureBytes;
}
