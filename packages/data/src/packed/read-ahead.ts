import type { PackedFile } from './packed-manifest.ts';
import type { HeldShard, ShardKeeper } from './shard-keeper.ts';

/** Batches that are looked at ahead: enough to see the next shards in time, few enough to remember. */
const maxBatches = 4096;

/** Fetches ahead what batches need that are read in the order in which they were told. */
export type ReadAhead = {
  /** To be called when the next batch begins to be read. */
  next(): void;
  close(): void;
};

/**
 * Holds the shards of the batches to come, so that those which are here stay, and the others are fetched as there is room. `batches`
 * gives the shards of one batch after the other.
 */
export function readShardsAhead(keeper: ShardKeeper, batches: Iterator<readonly PackedFile[]>): ReadAhead {
  /** Of each batch from the next one on, the shards that are held for it. */
  const held: HeldShard[][] = [];
  /** Of the last batch that was looked at, the shards that are not held yet. */
  let waiting: PackedFile[] = [];

  /** Holds shards of the last batch until one must wait for room, and says whether it holds all. */
  const holdWaiting = (): boolean => {
    for (let file = waiting[0]; file !== undefined; file = waiting[0]) {
      if (!keeper.isKept(file) && !keeper.hasRoomFor(file)) return false;
      held.at(-1)?.push(keeper.hold(file));
      waiting.shift();
    }
    return true;
  };

  const lookAhead = () => {
    while (holdWaiting() && held.length < maxBatches) {
      const following = batches.next();
      if (following.done) return;
      held.push([]);
      waiting = [...following.value];
    }
  };

  const ignoreArrivals = keeper.onArrival(lookAhead);

  const pass = () => {
    if (held.length === 1) waiting = [];
    for (const { release } of held.shift() ?? []) release();
  };

  return {
    next() {
      if (held.length === 0) batches.next();
      else pass();
      lookAhead();
    },
    close() {
      ignoreArrivals();
      while (held.length > 0) pass();
    },
  };
}
