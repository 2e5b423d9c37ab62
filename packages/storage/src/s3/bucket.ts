import { DeleteObjectsCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';

/** The part of a bucket that a store has for itself: everything whose key starts with `prefix`, which is empty or ends in `/`. */
export type Bucket = { client: S3Client; name: string; prefix: string };

/** `version` is other where the bytes may be. */
export type ListedObject = { key: string; sizeBytes: number; version: string };

const mostKeysInOneDelete = 1000;

/** Objects whose keys (without the bucket's prefix) start with `start`, sorted; `direct` leaves out those with a further `/`. */
export async function listObjects(
  { client, name, prefix }: Bucket,
  start: string,
  { direct = false }: { direct?: boolean } = {},
): Promise<ListedObject[]> {
  const found: ListedObject[] = [];
  const query = { Bucket: name, Prefix: `${prefix}${start}`, ...(direct ? { Delimiter: '/' } : {}) };
  for await (const page of paginateListObjectsV2({ client }, query)) {
    for (const { Key: key, Size: sizeBytes = 0, ETag: version = '' } of page.Contents ?? []) {
      // Some tools and stores keep a folder as an empty object.
      if (key !== undefined && !key.endsWith('/')) found.push({ key: key.slice(prefix.length), sizeBytes, version });
    }
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Removes objects, missing ones too, in requests of a thousand. */
export async function deleteObjects({ client, name, prefix }: Bucket, keys: readonly string[]): Promise<void> {
  for (let from = 0; from < keys.length; from += mostKeysInOneDelete) {
    const some = keys.slice(from, from + mostKeysInOneDelete);
    const Objects = some.map((key) => ({ Key: `${prefix}${key}` }));
    const { Errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket: name, Delete: { Objects, Quiet: true } }));
    const [failed] = Errors.filter(({ Code }) => Code !== 'NoSuchKey');
    if (failed) throw new Error(`The artifact store does not delete ${failed.Key}: ${failed.Code} ${failed.Message ?? ''}`);
  }
}
