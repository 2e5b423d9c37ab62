import type { FetchRules } from '@scion/data/pack-protocol';
import { datasetFoldersOf, type Settings } from '@scion/schema';

/** What the operator lets workers fetch. */
export function fetchRulesOf(settings: Settings): FetchRules {
  return {
    maxBytes: settings.SCION_MAX_UPLOAD_BYTES,
    allowPrivateAddresses: settings.SCION_ALLOW_PRIVATE_URLS,
    catalogMirror: settings.SCION_CATALOG_MIRROR ?? null,
    folders: datasetFoldersOf(settings),
  };
}
