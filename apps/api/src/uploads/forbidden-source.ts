import { isAbsolute, relative, resolve } from 'node:path';
import { type FetchDataset, ScionError } from '@scion/schema';
import { isInPlaces, parseS3Url } from '@scion/storage';

/**
 * Says at once what the worker, which follows links, would find out: that data is asked for which the operator did not allow. Throws
 * ScionError `sourceForbidden`.
 */
export function refuseForbiddenSource(
  body: FetchDataset,
  { datasetFolders, s3Imports }: { datasetFolders: readonly string[]; s3Imports: readonly string[] },
): void {
  if ('path' in body) refuseOutside(datasetFolders, body.path);
  if ('url' in body && body.url.startsWith('s3:')) refuseOtherBuckets(s3Imports, body.url);
}

function refuseOutside(folders: readonly string[], path: string): void {
  const isInside = (folder: string) => !relative(resolve(folder), path).startsWith('..');
  if (isAbsolute(path) && folders.some(isInside)) return;
  const allowed =
    folders.length > 0 ? `Allowed are ${folders.join(', ')}` : 'None is: the operator can set SCION_DATASET_FOLDERS';
  throw new ScionError('sourceForbidden', `${path} is in no folder that may be read from. ${allowed}`, {
    details: [{ path: 'path', message: 'This path is in no allowed folder' }],
  });
}

function refuseOtherBuckets(places: readonly string[], url: string): void {
  const location = parseS3Url(url);
  if (location && isInPlaces(location, places)) return;
  const allowed = places.length > 0 ? `Allowed are ${places.join(', ')}` : 'None is: the operator can set SCION_S3_IMPORTS';
  throw new ScionError('sourceForbidden', `${url} is in no bucket that may be read from. ${allowed}`, {
    details: [{ path: 'url', message: 'This object is in no allowed bucket' }],
  });
}
