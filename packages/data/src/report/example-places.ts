import { GrowingArray } from './growing-array.ts';

/** Where an example stands: its split, its place in it, and its label. */
export type ExamplePlace = { split: string; index: number; label: number };

/** Takes down the place of every example while a data set is packed, ten bytes each. */
export class ExamplePlaces {
  /** Splits in order of appearance. */
  readonly splits: string[] = [];
  readonly #sizes = new Map<string, number>();
  readonly #splitOf = new GrowingArray((length) => new Uint16Array(length));
  readonly #indexOf = new GrowingArray((length) => new Uint32Array(length));
  readonly #labels = new GrowingArray((length) => new Int32Array(length));

  /** Examples come in the order in which they are written. */
  add({ split, label }: { split: string; label: number }): void {
    const index = this.#sizes.get(split) ?? 0;
    if (index === 0) this.splits.push(split);
    this.#sizes.set(split, index + 1);
    this.#splitOf.push(this.splits.indexOf(split));
    this.#indexOf.push(index);
    this.#labels.push(label);
  }

  /** Number of examples. */
  get length(): number {
    return this.#labels.length;
  }

  get(example: number): ExamplePlace {
    return {
      split: this.splits[this.#splitOf.values[example] ?? 0] ?? '',
      index: this.#indexOf.values[example] ?? 0,
      label: this.#labels.values[example] ?? -1,
    };
  }

  /** The part of some numbers, one for each example, that belongs to a split. */
  ofSplit<Numbers extends Uint8Array | Uint32Array | Float64Array>(values: Numbers, split: string): Numbers {
    const number = this.splits.indexOf(split);
    const splitOf = this.#splitOf.values;
    return values.filter((_, example) => splitOf[example] === number) as Numbers;
  }
}
