import type { DatasetReport } from '@scion/schema';
import type { Recording } from '../audio/recording.ts';
import type { ExampleSource } from '../formats/format.ts';
import type { Channels, Size } from '../image/pixels.ts';
import type { ImageBoxes } from './image-boxes.ts';
import type { MaskSource } from './mask-source.ts';
import type { ReadAhead } from './read-ahead.ts';

/** A packed data set, open for reading. */
export type PackedOf<Split> = {
  readonly report: DatasetReport;
  /** Names of the splits. */
  readonly splits: readonly string[];
  /** Throws `specInvalid`, naming the splits there are. */
  split(name: string): Split;
  close(): Promise<void>;
};

/** What a split tells of its examples besides their content. They are numbered from 0 in a fixed order. */
export type SplitFacts = {
  readonly name: string;
  readonly length: number;
  readonly classNames: readonly string[];
  /** One label each: an index into `classNames`, or -1 for unlabelled. */
  readonly labels: Int32Array;
  /** The classes of an example, where examples may have several; else null. One that has none is unlabelled. */
  readonly labelSets: ((index: number) => Int32Array) | null;
  /** The number to predict of each example, NaN for unlabelled; null where there are none. */
  readonly targets: Float64Array | null;
  /** Which file (and record) of the upload each example came from. */
  readSources(): Promise<ExampleSource[]>;
};

/** One split of a packed data set of images. */
export type PackedSplit = SplitFacts & {
  /** [height, width, channel] of one example; height and width are null where images differ in size. */
  readonly shape: readonly [number | null, number | null, Channels];
  /** int32 [example, 2]: height and width of each image, turned upright, where the images stand in their uploaded encoding; else null. */
  readonly sizes: Int32Array | null;
  /** The class of each pixel, where examples have masks; else null. */
  readonly masks: MaskSource | null;
  /** Files that hold the images between them, one stretch of the split after the other. */
  readonly shardCount: number;
  /** Number of the file that holds an image. */
  shardOf(index: number): number;
  /**
   * Fills `out`, uint8 [indices.length, height, width, channel], with the examples in the order of `indices`. Images of another
   * size than `target` are stretched to it; a data set whose images differ in size needs it. Where `out` lies in shared memory, what
   * is not in memory yet is read and decoded by threads, which go on while the caller computes.
   *
   * Throws `specInvalid` where the size is missing, `dataInvalid` where the packed files are damaged, RangeError where `out` or
   * an index does not fit.
   */
  read(indices: ArrayLike<number>, out: Uint8Array, target?: ReadTarget): Promise<void>;
  /**
   * Has fetched ahead, where files come from afar, what the next reads need, whose indices `batches` tells; it is asked for them as
   * there is room. Null where all files are here.
   */
  readAhead(batches: Iterable<ArrayLike<number>>): ReadAhead | null;
};

/** The size that images are wanted in and, where only parts of them are wanted, one box for each: they must lie in the images. */
export type ReadTarget = Size & { boxes?: ImageBoxes | null };

/** One split of a packed data set of texts. */
export type TextSplit = SplitFacts & {
  /** The texts in the order of `indices`. Throws RangeError for an index that there is not, `dataInvalid` for damaged files. */
  read(indices: ArrayLike<number>): Promise<string[]>;
};

/** One split of a packed data set of recordings. */
export type RecordingSplit = SplitFacts & {
  /** The recordings in the order of `indices`. Throws RangeError for an index that there is not, `dataInvalid` for damaged files. */
  read(indices: ArrayLike<number>): Promise<Recording[]>;
};
