import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ClaimedValidation, startRepeatingTask } from '@scion/jobs';
import { artifactKeys, ScionError } from '@scion/schema';
import { childEnvironment } from '../processes/child-environment.ts';
import type { ValidatorParts } from './dataset-validator.ts';
import { type PackEnd, startPacking } from './pack-process.ts';

/** A packing process at work for one try at a validation. */
export type PackingTry = {
  readonly ended: Promise<PackEnd>;
  /** Where it writes, and where that belongs once it is whole: beside each other, so that a rename puts it in place. */
  readonly outDir: string;
  readonly packedDir: string;
  kill(): void;
};

/** Starts the process, and renews the lease of the try until the process has ended; a lease that is lost ends it. */
export async function startPackingTry(parts: ValidatorParts, { ref, dataset }: ClaimedValidation): Promise<PackingTry> {
  const { services, store, leaseMs, log } = parts;
  const upload = artifactKeys.datasetUpload(dataset.id);
  const uploadPath = join(await store.localFolder(dirname(upload)), upload.slice(dirname(upload).length + 1));
  const packedDir = await store.localFolder(artifactKeys.datasetPacked(dataset.id));
  const outDir = `${packedDir}.try-${ref.attempt}`;
  await rm(outDir, { recursive: true, force: true });
  const packing = startPacking({
    path: parts.packPath,
    request: { uploadPath, fileName: dataset.fileName, format: dataset.format, outDir },
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
  return { ended, outDir, packedDir, kill: packing.kill };
}
