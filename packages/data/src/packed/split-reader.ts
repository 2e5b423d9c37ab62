import { ScionError } from '@scion/schema';
import { decodeConcurrency, forEachIndex } from '../concurrency.ts';
import type { Channels, Size } from '../image/pixels.ts';
import { boxAt } from './image-boxes.ts';
import type { ImageLoader } from './image-loader.ts';
import type { MaskSource } from './mask-source.ts';
import type { OpenedImages } from './open-image-source.ts';
import type { PackedSplit, ReadTarget, SplitFacts } from './packed-split.ts';

type SplitParts = {
  facts: SplitFacts;
  shape: PackedSplit['shape'];
  images: OpenedImages;
  masks: MaskSource | null;
  /** Whether the images stand decoded, and are to be held in memory from the first read on. */
  keepsRaw: boolean;
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
  readonly storedBytes: number;
  readonly readSources: SplitFacts['readSources'];
  readonly #images: OpenedImages;
  readonly #keepsRaw: boolean;
  readonly #loader: () => ImageLoader;
  #whole: Uint8Array | null = null;

  constructor({ facts, shape, images, masks, keepsRaw, loader }: SplitParts) {
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
    this.storedBytes = images.file.sizeBytes;
    this.#images = images;
    this.#keepsRaw = keepsRaw;
    this.#loader = loader;
  }

  async read(indices: ArrayLike<number>, out: Uint8Array, target: ReadTarget = this.#ownSize()): Promise<void> {
    const { height, width, boxes = null } = target;
    const imageBytes = height * width * this.shape[2];
    this.#checkRequest(indices, out, imageBytes);
    if (this.#keepsRaw && !boxes && this.#isOwnSize(target)) {
      this.#copy(indices, out, imageBytes);
    } else if (isShared(out)) {
      await this.#loader().load({ split: this.name, indices, out, size: { height, width }, boxes });
    } else {
      await forEachIndex(indices.length, decodeConcurrency, async (place) => {
        const image = out.subarray(place * imageBytes, (place + 1) * imageBytes);
        const box = boxes ? boxAt(boxes, place) : undefined;
        await this.#images.source(indices[place] ?? -1, { size: { height, width }, box }, image);
      });
    }
  }

  #copy(indices: ArrayLike<number>, out: Uint8Array, imageBytes: number): void {
    const whole = this.#whole ?? this.#images.file.readWhole();
    this.#whole = whole;
    for (let place = 0; place < indices.length; place++) {
      const start = (indices[place] ?? 0) * imageBytes;
      out.set(whole.subarray(start, start + imageBytes), place * imageBytes);
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
