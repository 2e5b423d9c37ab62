import type { PackedSplit } from '@scion/data';

/** Splits in more files than this, of about 1 GiB together, are not shuffled as a whole: each batch would need nearly all of them. */
const maxShuffledShards = 64;

/**
 * How many of the examples (ascending indices into the split), one stretch after the other, are stored in one file; null where the
 * split is small enough that it does not matter. This is a property of the data alone, so that a run's order is the same on any machine.
 */
export function storageBlocks(split: Pick<PackedSplit, 'shardCount' | 'shardOf'>, examples: Int32Array): number[] | null {
  if (split.shardCount <= maxShuffledShards) return null;
  const blocks: number[] = [];
  let current = -1;
  for (const example of examples) {
    const shard = split.shardOf(example);
    if (shard === current) blocks.push((blocks.pop() ?? 0) + 1);
    else blocks.push(1);
    current = shard;
  }
  return blocks;
}
