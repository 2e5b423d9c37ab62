import type { Size } from '../image/pixels.ts';

/** What a thread of the loader is made with. `states` has the shards' states by split: see `createShardStates`. */
export type LoaderThreadData = { dir: string; cacheBytes: number; states: ReadonlyMap<string, Int32Array> };

/** Images to put into shared memory: number `indices[i]` of a split at place `places[i]` of `out`, from byte `outStart` on. */
export type LoadTask = {
  split: string;
  indices: Int32Array;
  places: Int32Array;
  out: SharedArrayBuffer;
  outStart: number;
  size: Size;
  /** int32 [index, 4]: top, left, height and width of the part that is wanted of each; null: all of it. */
  boxes: Int32Array | null;
};
