import { fileURLToPath } from 'node:url';
import type { ArtifactStore } from './artifact-store.ts';
import { openFileSystemStore } from './file-system-store.ts';

/** Opens the store that `url` (the setting `ARTIFACTS_URL`) names. Throws an Error that says what is accepted. */
export async function openArtifactStore(url: string): Promise<ArtifactStore> {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  switch (parsed?.protocol) {
    case 'file:':
      return openFileSystemStore(fileURLToPath(parsed));
    case 's3:':
      throw new Error('Artifact stores on S3 are not supported yet: set ARTIFACTS_URL to file:///some/folder');
    default:
      throw new Error(`Not the URL of an artifact store: ${JSON.stringify(url)}. Expected file:///some/folder`);
  }
}
