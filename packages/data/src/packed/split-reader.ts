import { ScionError } from '@scion/schema';
import { decodeConcurrency, forEachIndex } from '../concurrency.ts';
import type { Channels, Size } from '../image/pixels.ts';
import { boxAt } from './image-boxes.ts';
import type { ImageLoader } from './image-loader.ts';
import type { MaskSource } from './mask-source.ts';
import type { OpenedImages } from './open-image-source.ts';
import type { PackedFile } from './packed-manifest.ts';
import type { PackedSplit, ReadTarget, SplitFacts } from './packed-split.ts';
import { type ReadAhead, readShardsAhead } from './read-ahead.ts';
import type { ShardKeeper } from './shard-keeper.ts';

type SplitParts = {
  facts: SplitFacts;
  shape: PackedSplit['shape'];
  images: OpenedImages;
  masks: MaskSource | null;
  /** Whether the images stand decoded, and are to be held in memory from the first read on. */
  keepsRaw: boolean;
  /** Null where all shards are here. */
  keeper: ShardKeeper | null;
  loader: () => ImageLoader;
};

export class SplitReader implements PackedSplit {
  readonly name: string;
  readonly length: number;
  readonly classNames: readonly string[];
  readonly labels: Int32Array;
  readonly labelSets: SplitFacts['labelSets'];
  readonly targets: Float64Array | null;
  readonly shape: readonly [number | null, number | null, Channels];
  readonly sizes: Int32Array | null;
  readonly masks: MaskSource | null;
  readonly shardCount: number;
  readonly readSources: SplitFacts['readSources'];
  readonly #images: OpenedImages;
  readonly #keepsRaw: boolean;
  readonly #shards: readonly PackedFile[];
  readonly #keeper: ShardKeeper | null;
  readonly #loader: () => ImageLoader;
  #whole: Promise<Uint8Array> | null = null;

  constructor({ facts, shape, images, masks, keepsRaw, keeper, loader }: SplitParts) {
    this.name = facts.name;
    this.length = facts.length;
    this.classNames = facts.classNames;
    this.labels = facts.labels;
    this.labelSets = facts.labelSets;
    this.targets = facts.targets;
    this.readSources = facts.readSources;
    this.shape = shape;
    this.sizes = images.sizes;
    this.masks = masks;
    this.#images = images;
    this.#shards = images.file.shards;
    this.shardCount = this.#shards.length;
    this.#keepsRaw = keepsRaw;
    this.#keeper = keeper;
    this.#loader = loader;
  }

  async read(indices: ArrayLike<number>, out: Uint8Array, target: ReadTarget = this.#ownSize()): Promise<void> {
    const { height, width, boxes = null } = target;
    const imageBytes = height * width * this.shape[2];
    this.#checkRequest(indices, out, imageBytes);
    if (this.#keepsRaw && !boxes && this.#isOwnSize(target)) {
      await this.#copy(indices, out, imageBytes);
    } else if (isShared(out)) {
      const request = { split: this.name, indices, out, size: { height, width }, boxes };
      await this.#holding(this.#shardsOf(indices), () => this.#loader().load(request));
    } else {
      await this.#holding(this.#shardsOf(indices), () => this.#decodeHere(indices, out, { height, width, boxes }));
    }
  }

  shardOf(index: number): number {
    return this.#images.shardOf(index);
  }

  readAhead(batches: Iterable<ArrayLike<number>>): ReadAhead | null {
    const shardsOf = (indices: ArrayLike<number>) => this.#shardsOf(indices);
    const shardsOfEach = function* () {
      for (const indices of batches) yield shardsOf(indices);
    };
    return this.#keeper && readShardsAhead(this.#keeper, shardsOfEach());
  }

  async #copy(indices: ArrayLike<number>, out: Uint8Array, imageBytes: number): Promise<void> {
    this.#whole ??= this.#holding(this.#shards, async () => this.#images.file.readWhole());
    const whole = await this.#whole;
    for (let place = 0; place < indices.length; place++) {
      const start = (indices[place] ?? 0) * imageBytes;
      out.set(whole.subarray(start, start + imageBytes), place * imageBytes);
    }
  }

  async #decodeHere(indices: ArrayLike<number>, out: Uint8Array, { height, width, boxes }: ReadTarget): Promise<void> {
    const imageBytes = height * width * this.shape[2];
    await forEachIndex(indices.length, decodeConcurrency, async (place) => {
      const image = out.subarray(place * imageBytes, (place + 1) * imageBytes);
      const box = boxes ? boxAt(boxes, place) : undefined;
      await this.#images.source(indices[place] ?? -1, { size: { height, width }, box }, image);
    });
  }

  #shardsOf(indices: ArrayLike<number>): PackedFile[] {
    const numbers = new Set<number>();
    for (let place = 0; place < indices.length; place++) numbers.add(this.shardOf(indices[place] ?? 0));
    return [...numbers].flatMap((number) => this.#shards[number] ?? []);
  }

  /** Does what reads from these shards, which are here meanwhile. */
  async #holding<Result>(shards: readonly PackedFile[], work: () => Promise<Result>): Promise<Result> {
    const held = this.#keeper ? shards.map((shard) => this.#keeper?.hold(shard)) : [];
    try {
      await Promise.all(held.map((shard) => shard?.arrival));
      return await work();
    } finally {
      this.#images.file.close();
      for (const shard of held) shard?.release();
    }
  }

  #checkRequest(indices: ArrayLike<number>, out: Uint8Array, imageBytes: number): void {
    if (out.length !== indices.length * imageBytes) {
      throw new RangeError(`${indices.length} images of ${imageBytes} bytes do not fit a buffer of ${out.length} bytes`);
    }
    for (let place = 0; place < indices.length; place++) {
      const index = indices[place] ?? -1;
      if (!Number.isInteger(index) || index < 0 || index >= this.length) {
        throw new RangeError(`There is no example ${index} in the split ${this.name} of ${this.length}`);
      }
    }
  }

  #isOwnSize({ height, width }: Size): boolean {
    return height === this.shape[0] && width === this.shape[1];
  }

  #ownSize(): Size {
    const [height, width] = this.shape;
    if (height !== null && width !== null) return { height, width };
    throw new ScionError('specInvalid', `The images of the split "${this.name}" differ in size: resize them to one size`);
  }
}

function isShared(bytes: Uint8Array): bytes is Uint8Array<SharedArrayBuffer> {
  return bytes.buffer instanceof SharedArrayBuffer;
}
