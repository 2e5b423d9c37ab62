import type { DatasetStatistics } from '@scion/schema';
import type { Channels, Size } from '../image/pixels.ts';
import { type Duplicate, findExactDuplicates, findNearDuplicates } from './duplicates.ts';
import { ExamplePlaces } from './example-places.ts';
import { wordsPerHash } from './fingerprint.ts';
import { GrowingArray } from './growing-array.ts';
import { rangeOf } from './size-range.ts';

/** Miniatures are kept of the first images only: 272 bytes each. */
const comparedImages = 200_000;

/** What `hashPixels` and `drawMiniature` make of an image, and its size. */
export type CensusImage = Size & { channels: Channels; hash: Uint32Array; miniature: Uint8Array };

/** Takes down every image's size, channels and fingerprint while a data set is packed: some 300 bytes an image. */
export class ImageCensus {
  readonly places = new ExamplePlaces();
  readonly #heights = new GrowingArray((length) => new Uint32Array(length));
  readonly #widths = new GrowingArray((length) => new Uint32Array(length));
  readonly #channels = new GrowingArray((length) => new Uint8Array(length));
  readonly #hashes = new GrowingArray((length) => new Uint32Array(length));
  readonly #miniatures = new GrowingArray((length) => new Uint8Array(length));

  /** Images come in the order in which they are written. */
  add({ split, label }: { split: string; label: number }, image: CensusImage): void {
    this.places.add({ split, label });
    this.#heights.push(image.height);
    this.#widths.push(image.width);
    this.#channels.push(image.channels);
    this.#hashes.append(image.hash);
    if (this.places.length <= comparedImages) this.#miniatures.append(image.miniature);
  }

  /** Copies of earlier examples: `exact` by their pixels, `near` by what a small picture of them shows. */
  findDuplicates(): { exact: Duplicate[]; near: Duplicate[] } {
    const exact = findExactDuplicates(this.#hashes.values, wordsPerHash);
    const copies = new Set(exact.map(({ copy }) => copy));
    return { exact, near: findNearDuplicates(this.#miniatures.values, (example) => copies.has(example)) };
  }

  imageStatistics(): DatasetStatistics['images'] {
    const bySplit = this.places.splits.map((name) => {
      const ofSplit = <Numbers extends Uint8Array | Uint32Array>(values: Numbers) => this.places.ofSplit(values, name);
      const channels = ofSplit(this.#channels.values);
      const colour = channels.reduce((sum, count) => sum + (count === 3 ? 1 : 0), 0);
      const sizes = { height: rangeOf(ofSplit(this.#heights.values)), width: rangeOf(ofSplit(this.#widths.values)) };
      return [name, { ...sizes, grey: channels.length - colour, colour }] as const;
    });
    return Object.fromEntries(bySplit);
  }
}
