import type { PackedSplit } from '@scion/data';

/** Splits of more bytes than this are not shuffled as a whole: reading them in any order would wait for the disk at every image. */
const maxShuffledBytes = 2 ** 30;
/** Bytes that lie together on the disk and are read at about the same time. */
const blockBytes = 16 * 2 ** 20;

/**
 * How many of the examples (ascending indices into the split), one stretch after the other, are stored close together; null where the
 * split is small enough that it does not matter. This is a property of the data alone, so that a run's order is the same on any machine.
 */
export function storageBlocks(
  { storedBytes, length }: Pick<PackedSplit, 'storedBytes' | 'length'>,
  examples: Int32Array,
): number[] | null {
  if (storedBytes <= maxShuffledBytes) return null;
  const perBlock = Math.max(1, Math.floor((blockBytes * length) / storedBytes));
  const blocks: number[] = [];
  let current = -1;
  for (const example of examples) {
    const block = Math.floor(example / perBlock);
    if (block === current) blocks.push((blocks.pop() ?? 0) + 1);
    else blocks.push(1);
    current = block;
  }
  return blocks;
}
