import type { Size } from '../image/pixels.ts';

const maxCacheBytes = 512 * 2 ** 20;

/** Keeps the images of one split at the one size that training reads them in, if they fit; memory grows as images come in. */
export class ResizedCache {
  readonly #size: Size;
  readonly #imageBytes: number;
  readonly #images: Uint8Array | null;
  readonly #present: Uint8Array;

  constructor(split: { length: number; size: Size; channels: number }) {
    this.#size = split.size;
    this.#imageBytes = split.size.height * split.size.width * split.channels;
    const totalBytes = this.#imageBytes * split.length;
    this.#images = totalBytes <= maxCacheBytes ? new Uint8Array(totalBytes) : null;
    this.#present = new Uint8Array(split.length);
  }

  isFor({ height, width }: Size): boolean {
    return this.#size.height === height && this.#size.width === width;
  }

  get(index: number): Uint8Array | null {
    if (!this.#images || this.#present[index] !== 1) return null;
    return this.#images.subarray(index * this.#imageBytes, (index + 1) * this.#imageBytes);
  }

  put(index: number, image: Uint8Array): void {
    if (!this.#images) return;
    this.#images.set(image, index * this.#imageBytes);
    this.#present[index] = 1;
  }
}
