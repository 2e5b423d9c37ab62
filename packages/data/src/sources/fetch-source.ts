import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type DatasetSource, ScionError } from '@scion/schema';
import { fetchCatalogEntry } from '../catalog/fetch-catalog.ts';
import { catalog } from '../catalog/index.ts';
import { resolveAllowedPath } from './allowed-path.ts';
import { copyFile } from './copy-file.ts';
import type { FetchRules } from './fetch-rules.ts';
import type { FetchedSource } from './fetched-source.ts';
import { filesBelow, writeTar } from './folder-tar.ts';
import { downloadFile } from './http-download.ts';

/**
 * Fetches a data set that was not uploaded into the file `path`: as it is, or packed in a tar where it is several files.
 *
 * @throws ScionError `sourceForbidden`, `sourceUnavailable`, `bodyTooLarge`; nothing is left at `path` then
 */
export async function fetchSource(
  source: DatasetSource,
  { path, rules }: { path: string; rules: FetchRules },
): Promise<FetchedSource> {
  switch (source.type) {
    case 'upload':
      throw new ScionError('internal', 'An upload is stored already and cannot be fetched');
    case 'url':
      return { ...(await downloadFile(source.url, { path, rules })), notes: [] };
    case 'catalog':
      return await fetchCatalogEntry(catalog[source.name], path, rules);
    case 'path': {
      const real = await resolveAllowedPath(source.path, rules.folders);
      const limits = { path, maxBytes: rules.maxBytes };
      if ((await stat(real)).isFile()) return { ...(await copyFile(real, limits)), fileName: basename(real), notes: [] };
      return { ...(await writeTar(await filesBelow(real), limits)), fileName: `${basename(real)}.tar`, notes: [] };
    }
  }
}
