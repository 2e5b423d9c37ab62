import { availableParallelism } from 'node:os';
import type { Size } from '../image/pixels.ts';
import { restrictDecoders } from '../image/restrict-decoders.ts';
import { ThreadPool } from '../threads/thread-pool.ts';
import { boxesOf, type ImageBoxes } from './image-boxes.ts';
import type { LoaderThreadData, LoadTask } from './loader-messages.ts';

const maxThreads = 16;

export type LoadRequest = {
  split: string;
  indices: ArrayLike<number>;
  /** Over shared memory: uint8 [index, height, width, channel]. */
  out: Uint8Array<SharedArrayBuffer>;
  size: Size;
  boxes: ImageBoxes | null;
};

/**
 * Reads and decodes images in threads, which put them where they are wanted. An image always goes to the same thread, which may
 * have kept it.
 */
export class ImageLoader {
  readonly #pool: ThreadPool<LoadTask, null>;

  /** `cacheBytes` is for decoded images, all threads together. */
  constructor({ dir, cacheBytes, states }: LoaderThreadData) {
    restrictDecoders();
    const threads = Math.min(maxThreads, availableParallelism());
    const workerData: LoaderThreadData = { dir, states, cacheBytes: Math.floor(cacheBytes / threads) };
    this.#pool = new ThreadPool({ script: new URL('./loader-thread.js', import.meta.url), threads, workerData });
  }

  async load({ split, indices, out, size, boxes }: LoadRequest): Promise<void> {
    const shares = Array.from({ length: this.#pool.size }, (): number[] => []);
    for (let place = 0; place < indices.length; place++) shares[(indices[place] ?? 0) % shares.length]?.push(place);
    const parts = shares.map(async (share, thread) => {
      if (share.length === 0) return;
      const places = Int32Array.from(share);
      const task: LoadTask = {
        split,
        indices: places.map((place) => indices[place] ?? -1),
        places,
        out: out.buffer,
        outStart: out.byteOffset,
        size,
        boxes: boxes && boxesOf(boxes, places),
      };
      await this.#pool.run(task, { thread });
    });
    // All of them, so that no thread writes into a batch that is given up.
    for (const end of await Promise.allSettled(parts)) if (end.status === 'rejected') throw end.reason;
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}
