/** A place in a bucket: `key` may be a single object or what the keys of many start with. */
export type S3Location = { bucket: string; key: string };

const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Reads `s3://bucket/key`; null where it is not of that form, or where a server could take the key for another one's. */
export function parseS3Url(url: string): S3Location | null {
  if (!URL.canParse(url)) return null;
  const { protocol, host, pathname, search, hash, username } = new URL(url);
  if (protocol !== 's3:' || !bucketName.test(host) || search !== '' || hash !== '' || username !== '') return null;
  const key = decoded(pathname.replace(/^\/+/, ''));
  if (key === null || key.split('/').some((part) => part === '.' || part === '..')) return null;
  return { bucket: host, key };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
