/** Batches that are in use or on their way at a time: one that trains, and those that are read meanwhile. */
export const batchesAhead = 2;

/**
 * Shared memory for batches, taken in turns: a loader's threads fill one while another is trained on. What `next` gives is given again
 * once all the others have been.
 */
export function createBatchBuffers(): { next(bytes: number): Uint8Array<SharedArrayBuffer> } {
  const buffers: Uint8Array<SharedArrayBuffer>[] = [];
  let turn = 0;
  return {
    next(bytes) {
      const place = turn++ % (batchesAhead + 2);
      const known = buffers[place];
      if (known && known.length >= bytes) return known.subarray(0, bytes);
      const grown = new Uint8Array(new SharedArrayBuffer(bytes));
      buffers[place] = grown;
      return grown;
    },
  };
}
