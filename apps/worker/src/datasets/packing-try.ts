import { rm } from 'node:fs/promises';
import type { ClaimedValidation } from '@scion/jobs';
import { artifactKeys, ScionError } from '@scion/schema';
import { childEnvironment } from '../processes/child-environment.ts';
import type { ValidatorParts } from './dataset-validator.ts';
import { fetchableSource } from './fetchable-source.ts';
import { type PackEnd, startPacking } from './pack-process.ts';
import { openTryFolders } from './try-folders.ts';

/** A packing process at work for one try at a validation. */
export type PackingTry = {
  readonly ended: Promise<PackEnd>;
  /** Where it writes, for the store to publish once it is whole. */
  readonly outDir: string;
  /** Where it puts what it fetches itself, for the store to take; null where the upload is stored already. */
  readonly fetchedPath: string | null;
  kill(): void;
  /** Removes what was fetched or downloaded for it; and what it built, unless the next try shall go on from that. */
  clear(options: { keepBuilt: boolean }): Promise<void>;
};

/**
 * Starts the process, its upload on this machine's disk.
 *
 * @throws ScionError `sourceForbidden` where the upload may not be fetched, `unavailable` where the store is away
 */
export async function startPackingTry(
  parts: ValidatorParts,
  { ref, dataset, uploadKey }: ClaimedValidation,
): Promise<PackingTry> {
  const { store, log } = parts;
  const tries = await openTryFolders(await store.buildingPlace(artifactKeys.datasetPacked(dataset.id)), ref.attempt);
  const { own: outDir, earlier: resumeFrom } = tries;
  // An earlier try may have fetched and stored it.
  const isStored = dataset.source.type === 'upload' || dataset.sha256 !== null;
  const fetch = isStored ? null : await fetchableSource(dataset.source, { rules: parts.fetchRules, s3Imports: parts.s3Imports });
  const storedPath = isStored ? await store.localFile(uploadKey) : null;
  if (isStored && storedPath === null) throw new ScionError('dataInvalid', `The upload of ${dataset.id} is gone from the store`);
  const uploadPath = storedPath ?? `${outDir}.fetched`;
  const packing = startPacking({
    path: parts.packPath,
    request: {
      uploadPath,
      fileName: dataset.fileName,
      format: dataset.format,
      options: dataset.options,
      split: dataset.split,
      outDir,
      resumeFrom,
      fetch,
    },
    environment: childEnvironment(parts.environment),
    onProgress: (examples) => log.debug({ dataset: dataset.id, examples }, 'packing'),
    onLine: (line) => log.info({ dataset: dataset.id, line }, 'packing'),
  });
  return {
    ended: packing.ended,
    outDir,
    fetchedPath: isStored ? null : uploadPath,
    kill: packing.kill,
    async clear({ keepBuilt }) {
      if (!keepBuilt) await tries.remove();
      if (isStored) await store.releaseLocal(uploadPath);
      else await rm(uploadPath, { force: true });
    },
  };
}
