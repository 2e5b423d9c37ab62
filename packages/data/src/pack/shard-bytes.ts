/**
 * Images are packed in files of about this size unless told otherwise: large enough to be fetched and read in one go, small enough that
 * those of many places of the data are at hand at a time.
 */
export const defaultShardBytes = 16 * 2 ** 20;

/** How the shards of a split are named: by its number and theirs. */
export function shardName(fileName: (suffix: string) => string, { shard, ending }: { shard: number; ending: string }): string {
  return fileName(`images-${String(shard).padStart(4, '0')}.${ending}`);
}
