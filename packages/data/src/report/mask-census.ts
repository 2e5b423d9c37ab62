import type { DatasetReport, DatasetStatistics } from '@scion/schema';
import type { MaskValue } from '../formats/format.ts';
import type { IssueLog } from '../issue-log.ts';

/** The value that masks give pixels of no class, unless a class has it. */
const voidValue = 255;

type MaskClasses = NonNullable<DatasetReport['maskClasses']>;

/** Counts the values of masks while a data set is packed. */
export class MaskCensus {
  readonly #pixels = new Map<string, Float64Array>();
  /** The first file in which each value was found. */
  readonly #firstPaths = new Map<number, { split: string; path: string }>();

  add({ split, path }: { split: string; path: string }, values: Uint8Array): void {
    const counts = this.#pixels.get(split) ?? new Float64Array(256);
    this.#pixels.set(split, counts);
    const ofMask = new Uint32Array(256);
    for (const value of values) ofMask[value] = (ofMask[value] ?? 0) + 1;
    for (const [value, count] of ofMask.entries()) {
      if (count === 0) continue;
      counts[value] = (counts[value] ?? 0) + count;
      if (!this.#firstPaths.has(value)) this.#firstPaths.set(value, { split, path });
    }
  }

  /**
   * The classes of the masks: `known` ones; else each value that was found is one, but for 255. Masks of 0 and 255 only are of a
   * foreground. Values beside known classes are noted.
   */
  settleClasses(known: readonly MaskValue[] | null, issues: IssueLog): MaskClasses {
    const found = [...this.#firstPaths.keys()].sort((a, b) => a - b);
    if (known) {
      const values = new Set(known.map(({ value }) => value));
      for (const value of found) {
        if (values.has(value) || value === voidValue) continue;
        const message = `The value ${value} is no class: its pixels count for nothing. This is the first mask with it`;
        issues.warn('mask-value-without-class', { ...this.#firstPaths.get(value), message });
      }
      return known.flatMap(({ value, name }) => (name === null ? [] : { value, name }));
    }
    if (found.length > 0 && found.every((value) => value === 0 || value === voidValue)) {
      return [
        { value: 0, name: 'background' },
        { value: voidValue, name: 'foreground' },
      ];
    }
    return found.filter((value) => value !== voidValue).map((value) => ({ value, name: String(value) }));
  }

  maskStatistics(classes: MaskClasses): NonNullable<DatasetStatistics['masks']> {
    const bySplit = [...this.#pixels].map(([split, counts]) => {
      const pixels = Object.fromEntries(classes.map(({ value, name }) => [name, counts[value] ?? 0]));
      const total = counts.reduce((sum, count) => sum + count, 0);
      return [split, { pixels, ignored: total - Object.values(pixels).reduce((sum, count) => sum + count, 0) }] as const;
    });
    return Object.fromEntries(bySplit);
  }
}
