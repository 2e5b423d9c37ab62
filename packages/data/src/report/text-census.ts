import type { DatasetStatistics } from '@scion/schema';
import { type Duplicate, findExactDuplicates } from './duplicates.ts';
import { ExamplePlaces } from './example-places.ts';
import { hashContent, wordsPerHash } from './fingerprint.ts';
import { GrowingArray } from './growing-array.ts';
import { rangeOf } from './size-range.ts';

/** Takes down the length and the hashes of every text while a data set is packed: some 50 bytes a text. */
export class TextCensus {
  readonly places = new ExamplePlaces();
  readonly #characters = new GrowingArray((length) => new Uint32Array(length));
  readonly #hashes = new GrowingArray((length) => new Uint32Array(length));
  readonly #foldedHashes = new GrowingArray((length) => new Uint32Array(length));

  /** Texts come in the order in which they are written. */
  add({ split, label, text }: { split: string; label: number; text: string }): void {
    this.places.add({ split, label });
    this.#characters.push(countCharacters(text));
    this.#hashes.append(hashContent('text', Buffer.from(text)));
    this.#foldedHashes.append(hashContent('text', Buffer.from(fold(text))));
  }

  /** Copies of earlier texts: `exact` to the letter, `near` but for case, white space and the way in which letters are encoded. */
  findDuplicates(): { exact: Duplicate[]; near: Duplicate[] } {
    const exact = findExactDuplicates(this.#hashes.values, wordsPerHash);
    const copies = new Set(exact.map(({ copy }) => copy));
    const alike = findExactDuplicates(this.#foldedHashes.values, wordsPerHash);
    return { exact, near: alike.filter(({ copy }) => !copies.has(copy)) };
  }

  textStatistics(): NonNullable<DatasetStatistics['texts']> {
    const bySplit = this.places.splits.map((split) => {
      const sorted = this.places.ofSplit(this.#characters.values, split).sort();
      const p95 = sorted[Math.max(0, Math.ceil(0.95 * sorted.length) - 1)] ?? 0;
      return [split, { characters: { ...rangeOf(sorted), p95 } }] as const;
    });
    return Object.fromEntries(bySplit);
  }
}

/** Unicode code points: what a person would count, but for combined marks. */
function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim();
}
