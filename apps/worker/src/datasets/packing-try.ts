import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type ClaimedValidation, startRepeatingTask } from '@scion/jobs';
import { artifactKeys, ScionError } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import { childEnvironment } from '../processes/child-environment.ts';
import type { ValidatorParts } from './dataset-validator.ts';
import { type PackEnd, startPacking } from './pack-process.ts';

/** A packing process at work for one try at a validation. */
export type PackingTry = {
  readonly ended: Promise<PackEnd>;
  /** Where it writes, and where that belongs once it is whole: beside each other, so that a rename puts it in place. */
  readonly outDir: string;
  readonly packedDir: string;
  /** Where it puts what it fetches itself, for the store to take; null where the upload is stored already. */
  readonly fetchedPath: string | null;
  kill(): void;
};

/** Starts the process, and renews the lease of the try until the process has ended; a lease that is lost ends it. */
export async function startPackingTry(
  parts: ValidatorParts,
  { ref, dataset, uploadKey }: ClaimedValidation,
): Promise<PackingTry> {
  const { services, store, leaseMs, log } = parts;
  const packedDir = await store.localFolder(artifactKeys.datasetPacked(dataset.id));
  const outDir = `${packedDir}.try-${ref.attempt}`;
  await rm(outDir, { recursive: true, force: true });
  // An earlier try may have fetched and stored it.
  const isStored = dataset.source.type === 'upload' || dataset.sha256 !== null;
  const uploadPath = isStored ? await localPath(store, uploadKey) : `${packedDir}.fetched-${ref.attempt}`;
  await mkdir(dirname(packedDir), { recursive: true });
  const packing = startPacking({
    path: parts.packPath,
    request: {
      uploadPath,
      fileName: dataset.fileName,
      format: dataset.format,
      options: dataset.options,
      split: dataset.split,
      outDir,
      fetch: isStored ? null : { source: dataset.source, rules: parts.fetchRules },
    },
    environment: childEnvironment(parts.environment),
    onProgress: (examples) => log.debug({ dataset: dataset.id, examples }, 'packing'),
    onLine: (line) => log.info({ dataset: dataset.id, line }, 'packing'),
  });
  const renewing = startRepeatingTask({
    run: () => services.validations.renewLease(ref, leaseMs),
    everyMs: parts.renewEveryMs,
    onError: (error) => {
      log.warn({ err: error, dataset: dataset.id }, 'lease of a validation');
      if (error instanceof ScionError && error.code === 'leaseLost') packing.kill();
    },
  });
  const ended = packing.ended.then(async (end) => {
    await renewing.stop();
    return end;
  });
  return { ended, outDir, packedDir, fetchedPath: isStored ? null : uploadPath, kill: packing.kill };
}

async function localPath(store: ArtifactStore, key: string): Promise<string> {
  return join(await store.localFolder(dirname(key)), basename(key));
}
