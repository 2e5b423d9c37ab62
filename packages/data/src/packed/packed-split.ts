import type { ExampleSource } from '../formats/format.ts';
import type { Channels, Size } from '../image/pixels.ts';

/** One split of a packed data set. Examples are numbered from 0 in a fixed order. */
export type PackedSplit = {
  readonly name: string;
  readonly length: number;
  readonly classNames: readonly string[];
  /** [height, width, channel] of one example; height and width are null where images differ in size. */
  readonly shape: readonly [number | null, number | null, Channels];
  /** One label each: an index into `classNames`, or -1 for unlabelled. */
  readonly labels: Int32Array;
  /**
   * Fills `out`, uint8 [indices.length, height, width, channel], with the examples in the order of `indices`. Images of another
   * size are stretched to `size`; a data set whose images differ in size needs it. What was stretched or decoded is kept in
   * memory as far as it is small, so that later epochs only copy.
   *
   * Throws `specInvalid` where the size is missing, `dataInvalid` where the packed files are damaged, RangeError where `out` or
   * an index does not fit.
   */
  read(indices: ArrayLike<number>, out: Uint8Array, size?: Size): Promise<void>;
  /** Which file (and record) of the upload each example came from. */
  readSources(): Promise<ExampleSource[]>;
};
