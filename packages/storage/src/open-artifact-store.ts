import { fileURLToPath } from 'node:url';
import type { ArtifactStore } from './artifact-store.ts';
import { openFileSystemStore } from './file-system-store.ts';
import { parseS3Url } from './s3/s3-location.ts';
import type { StorageOptions } from './storage-options.ts';

/** Opens the store that `url` (the setting `ARTIFACTS_URL`) names. Throws an Error that says what is accepted. */
export async function openArtifactStore(url: string, options: StorageOptions): Promise<ArtifactStore> {
  if (URL.canParse(url) && new URL(url).protocol === 'file:') return await openFileSystemStore(fileURLToPath(url));
  const location = parseS3Url(url);
  if (location === null) {
    throw new Error(
      `Not the URL of an artifact store: ${JSON.stringify(url)}. Expected file:///some/folder, s3://bucket or s3://bucket/prefix`,
    );
  }
  const { openS3Store } = await import('./s3/s3-store.ts'); // The SDK takes a while to load, and many servers need none
  return await openS3Store(location, options);
}
