import type { FetchRules } from '@scion/data/pack-protocol';
import { type DatasetSource, ScionError } from '@scion/schema';
import { isInPlaces, parseS3Url, type S3Access, s3SignedUrl } from '@scion/storage';

/** Objects of S3 that data sets may be added from, and how to reach them. */
export type S3Imports = { places: readonly string[]; access: S3Access };

/** For the download to begin; one that has begun goes on after that. */
const signedForSeconds = 60 * 60;

/**
 * A source in the form that the packing process can fetch. An S3 object becomes an http(s) address that is signed for an hour, so
 * that the process which reads what strangers made holds no keys. (The address may be private then: the operator gave it.)
 *
 * @throws ScionError `sourceForbidden` for an object that is in no allowed place
 */
export async function fetchableSource(
  source: DatasetSource,
  { rules, s3Imports }: { rules: FetchRules; s3Imports: S3Imports },
): Promise<{ source: DatasetSource; rules: FetchRules }> {
  if (source.type !== 'url' || !source.url.startsWith('s3:')) return { source, rules };
  const location = parseS3Url(source.url);
  if (!location || !isInPlaces(location, s3Imports.places)) {
    throw new ScionError(
      'sourceForbidden',
      `${source.url} is in none of the buckets that the operator allowed (SCION_S3_IMPORTS)`,
    );
  }
  const url = await s3SignedUrl(location, s3Imports.access, signedForSeconds);
  return { source: { type: 'url', url }, rules: { ...rules, allowPrivateAddresses: true } };
}
