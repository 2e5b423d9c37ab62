import type { S3Location } from './s3-location.ts';

/** Whether an object is in one of the places, `bucket` or `bucket/prefix`, that data may be taken from. */
export function isInPlaces({ bucket, key }: S3Location, places: readonly string[]): boolean {
  return places.some((place) => {
    const [name, ...prefix] = place.split('/');
    return name === bucket && (prefix.length === 0 || `${key}/`.startsWith(`${prefix.join('/')}/`));
  });
}
