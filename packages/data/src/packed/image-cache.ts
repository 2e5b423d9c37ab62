import type { Pixels } from '../image/pixels.ts';

/**
 * Images that were decoded once and are kept, the first ones to come, as long as there is room: an epoch visits all, so that none is
 * worth more than another, and one that is thrown out again is of use to nobody.
 */
export class ImageCache {
  readonly #images = new Map<string, Pixels>();
  #roomBytes: number;

  constructor(roomBytes: number) {
    this.#roomBytes = roomBytes;
  }

  get(key: string): Pixels | undefined {
    return this.#images.get(key);
  }

  put(key: string, image: Pixels): void {
    if (this.#images.has(key) || image.data.length > this.#roomBytes) return;
    this.#roomBytes -= image.data.length;
    this.#images.set(key, image);
  }
}
