/** Images are packed in files of about this size: large enough to be read in one go, small enough to be fetched and checked one by one. */
export const shardBytes = 64 * 2 ** 20;

/** How the shards of a split are named: by its number and theirs. */
export function shardName(fileName: (suffix: string) => string, { shard, ending }: { shard: number; ending: string }): string {
  return fileName(`images-${String(shard).padStart(4, '0')}.${ending}`);
}
