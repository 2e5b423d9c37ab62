import type { S3Location } from './s3/s3-location.ts';
import type { S3Access } from './storage-options.ts';

/** An http(s) address that gives the object to whoever has it, for `forSeconds`: who downloads it needs no keys. */
export async function s3SignedUrl(location: S3Location, s3: S3Access, forSeconds: number): Promise<string> {
  const { signedUrl } = await import('./s3/signed-url.ts'); // The SDK takes a while to load, and many servers need none
  return await signedUrl(location, s3, forSeconds);
}
