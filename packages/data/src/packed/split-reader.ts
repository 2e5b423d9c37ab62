import { ScionError } from '@scion/schema';
import { decodeConcurrency, forEachIndex } from '../concurrency.ts';
import type { ExampleSource } from '../formats/format.ts';
import type { Channels, Size } from '../image/pixels.ts';
import type { CheckedFile } from './checked-file.ts';
import type { ImageSource } from './image-source.ts';
import type { PackedSplit } from './packed-split.ts';
import { ResizedCache } from './resized-cache.ts';

type SplitParts = {
  name: string;
  classNames: readonly string[];
  shape: PackedSplit['shape'];
  labels: Int32Array;
  images: ImageSource;
  /** True where the images stand decoded, so that reading them in their own size is but a copy. */
  isRaw: boolean;
  sources: CheckedFile;
};

export class SplitReader implements PackedSplit {
  readonly name: string;
  readonly length: number;
  readonly classNames: readonly string[];
  readonly shape: readonly [number | null, number | null, Channels];
  readonly labels: Int32Array;
  readonly #images: ImageSource;
  readonly #isRaw: boolean;
  readonly #sources: CheckedFile;
  #cache: ResizedCache | null = null;

  constructor(parts: SplitParts) {
    this.name = parts.name;
    this.length = parts.labels.length;
    this.classNames = parts.classNames;
    this.shape = parts.shape;
    this.labels = parts.labels;
    this.#images = parts.images;
    this.#isRaw = parts.isRaw;
    this.#sources = parts.sources;
  }

  async read(indices: ArrayLike<number>, out: Uint8Array, size: Size = this.#ownSize()): Promise<void> {
    const imageBytes = size.height * size.width * this.shape[2];
    if (out.length !== indices.length * imageBytes) {
      throw new RangeError(`${indices.length} images of ${imageBytes} bytes do not fit a buffer of ${out.length} bytes`);
    }
    const cache = this.#cacheFor(size);
    await forEachIndex(indices.length, decodeConcurrency, async (position) => {
      const index = indices[position] ?? -1;
      if (!Number.isInteger(index) || index < 0 || index >= this.length) {
        throw new RangeError(`There is no example ${index} in the split ${this.name} of ${this.length}`);
      }
      const kept = cache?.get(index);
      const image = kept ?? (await this.#images(index, size));
      if (!kept) cache?.put(index, image);
      out.set(image, position * imageBytes);
    });
  }

  async readSources(): Promise<ExampleSource[]> {
    // Its hash is that of what packDataset wrote, so its shape is, too.
    const text = new TextDecoder().decode(await this.#sources.readWhole());
    return text.split('\n', this.length).map((line) => JSON.parse(line) as ExampleSource);
  }

  #ownSize(): Size {
    const [height, width] = this.shape;
    if (height !== null && width !== null) return { height, width };
    throw new ScionError('specInvalid', `The images of the split "${this.name}" differ in size: resize them to one size`);
  }

  #cacheFor(size: Size): ResizedCache | null {
    const [height, width, channels] = this.shape;
    if (this.#isRaw && size.height === height && size.width === width) return null;
    if (!this.#cache?.isFor(size)) this.#cache = new ResizedCache({ length: this.length, size, channels });
    return this.#cache;
  }
}
