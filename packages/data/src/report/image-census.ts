import type { DatasetStatistics, SizeRange } from '@scion/schema';
import type { Pixels } from '../image/pixels.ts';
import { type Duplicate, findExactDuplicates, findNearDuplicates } from './duplicates.ts';
import { drawMiniature, hashPixels } from './fingerprint.ts';
import { GrowingArray } from './growing-array.ts';

const wordsPerHash = 4;
/** Miniatures are kept of the first images only: 272 bytes each. */
const comparedImages = 200_000;

/** Where an example stands, by numbers: its split in order of appearance, its place in it, its label. */
export type CensusEntry = { split: string; index: number; label: number };

/** Takes down every image's size, channels and fingerprint while a data set is packed: some 300 bytes an image. */
export class ImageCensus {
  readonly #splits: string[] = [];
  readonly #sizes = new Map<string, number>();
  readonly #splitOf = new GrowingArray((length) => new Uint16Array(length));
  readonly #indexOf = new GrowingArray((length) => new Uint32Array(length));
  readonly #labels = new GrowingArray((length) => new Int32Array(length));
  readonly #heights = new GrowingArray((length) => new Uint32Array(length));
  readonly #widths = new GrowingArray((length) => new Uint32Array(length));
  readonly #channels = new GrowingArray((length) => new Uint8Array(length));
  readonly #hashes = new GrowingArray((length) => new Uint32Array(length));
  readonly #miniatures = new GrowingArray((length) => new Uint8Array(length));

  /** Images come in the order in which they are written. */
  add({ split, label, pixels }: { split: string; label: number; pixels: Pixels }): void {
    const index = this.#sizes.get(split) ?? 0;
    if (index === 0) this.#splits.push(split);
    this.#sizes.set(split, index + 1);
    this.#splitOf.push(this.#splits.indexOf(split));
    this.#indexOf.push(index);
    this.#labels.push(label);
    this.#heights.push(pixels.height);
    this.#widths.push(pixels.width);
    this.#channels.push(pixels.channels);
    this.#hashes.append(hashPixels(pixels));
    if (this.#labels.length <= comparedImages) this.#miniatures.append(drawMiniature(pixels));
  }

  entry(example: number): CensusEntry {
    return {
      split: this.#splits[this.#splitOf.values[example] ?? 0] ?? '',
      index: this.#indexOf.values[example] ?? 0,
      label: this.#labels.values[example] ?? -1,
    };
  }

  /** Copies of earlier examples: `exact` by their pixels, `near` by what a small picture of them shows. */
  findDuplicates(): { exact: Duplicate[]; near: Duplicate[] } {
    const exact = findExactDuplicates(this.#hashes.values, wordsPerHash);
    const copies = new Set(exact.map(({ copy }) => copy));
    return { exact, near: findNearDuplicates(this.#miniatures.values, (example) => copies.has(example)) };
  }

  imageStatistics(): DatasetStatistics['images'] {
    const splitOf = this.#splitOf.values;
    const bySplit = this.#splits.map((name, split) => {
      const isIn = (_: number, example: number) => splitOf[example] === split;
      const channels = this.#channels.values.filter(isIn);
      const colour = channels.reduce((sum, count) => sum + (count === 3 ? 1 : 0), 0);
      const sizes = { height: rangeOf(this.#heights.values.filter(isIn)), width: rangeOf(this.#widths.values.filter(isIn)) };
      return [name, { ...sizes, grey: channels.length - colour, colour }] as const;
    });
    return Object.fromEntries(bySplit);
  }
}

function rangeOf(values: Uint32Array): SizeRange {
  const sorted = values.slice().sort();
  return { min: sorted[0] ?? 0, median: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0, max: sorted.at(-1) ?? 0 };
}
