import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ClaimedValidation, type HandleResult, type Services, startRepeatingTask } from '@scion/jobs';
import { artifactKeys, type Dataset, type DatasetIssue, errorCatalogue, isErrorCode, ScionError } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import type { Logger } from 'pino';
import { childEnvironment } from '../processes/child-environment.ts';
import { whileUnreachable } from '../while-unreachable.ts';
import { type PackEnd, startPacking } from './pack-process.ts';

export type DatasetValidator = {
  /** Validates the data set, if it still waits for that. */
  handle(datasetId: string): Promise<HandleResult>;
  /** Ends the validation that runs; another worker starts it again. */
  drain(): void;
};

export function createDatasetValidator(options: {
  services: Services;
  store: ArtifactStore;
  packPath: string;
  environment: NodeJS.ProcessEnv;
  workerId: string;
  leaseMs: number;
  renewEveryMs: number;
  log: Logger;
}): DatasetValidator {
  const { services, store, workerId, leaseMs, log } = options;
  let isDraining = false;
  let killCurrent = () => {};
  const call = <T>(query: () => Promise<T>) =>
    whileUnreachable(query, { isOver: () => isDraining, onError: (error) => log.warn({ err: error }, 'validation') });

  const pack = async ({ ref, dataset }: ClaimedValidation): Promise<{ end: PackEnd; outDir: string; packedDir: string }> => {
    const packedDir = await store.localFolder(artifactKeys.datasetPacked(dataset.id));
    const upload = artifactKeys.datasetUpload(dataset.id);
    const uploadPath = join(await store.localFolder(dirname(upload)), upload.slice(dirname(upload).length + 1));
    const outDir = `${packedDir}.try-${ref.attempt}`;
    await rm(outDir, { recursive: true, force: true });
    const packing = startPacking({
      path: options.packPath,
      request: { uploadPath, fileName: dataset.fileName, format: dataset.format, outDir },
      environment: childEnvironment(options.environment),
      onProgress: (examples) => log.debug({ dataset: dataset.id, examples }, 'packing'),
      onLine: (line) => log.info({ dataset: dataset.id, line }, 'packing'),
    });
    killCurrent = packing.kill;
    if (isDraining) packing.kill();
    const renewing = startRepeatingTask({
      run: () => services.validations.renewLease(ref, leaseMs),
      everyMs: options.renewEveryMs,
      onError: (error) => {
        log.warn({ err: error, dataset: dataset.id }, 'lease of a validation');
        if (isLeaseLost(error)) packing.kill();
      },
    });
    const end = await packing.ended;
    await renewing.stop();
    killCurrent = () => {};
    return { end, outDir, packedDir };
  };

  const conclude = async (claimed: ClaimedValidation): Promise<Dataset> => {
    const { end, outDir, packedDir } = await pack(claimed);
    const { validations } = services;
    try {
      if (end.type === 'packed') {
        await call(() => validations.renewLease(claimed.ref, leaseMs)); // Nothing is put in place by a try that is over
        await rm(packedDir, { recursive: true, force: true });
        await rename(outDir, packedDir);
        return await call(() => validations.finish(claimed.ref, end.report));
      }
      if (isDraining) return await call(() => validations.handBack(claimed.ref));
      if (end.type === 'death') return await call(() => validations.died(claimed.ref, end.message));
      const code = isErrorCode(end.code) ? end.code : 'internal';
      if (errorCatalogue[code].retriable) return await call(() => validations.died(claimed.ref, end.message));
      const issues = end.details.map(toIssue);
      return await call(() => validations.fail(claimed.ref, { code, message: end.message, issues }));
    } finally {
      await rm(outDir, { recursive: true, force: true });
    }
  };

  return {
    async handle(datasetId) {
      if (isDraining) return 'again';
      const claimed = await call(() => services.validations.claim({ datasetId, workerId, leaseMs }));
      if (!claimed) return 'done';
      log.info({ dataset: datasetId, try: claimed.ref.attempt }, 'validation started');
      try {
        const { state, error } = await conclude(claimed);
        log.info({ dataset: datasetId, state, error }, 'validation ended');
        return state === 'validating' ? 'again' : 'done';
      } catch (error) {
        if (!isLeaseLost(error)) throw error;
        log.warn({ dataset: datasetId }, 'validation lost: the data set was deleted, or another worker may have it');
        return 'again'; // The next claim tells
      }
    },
    drain() {
      isDraining = true;
      killCurrent();
    },
  };
}

function toIssue({ path, message }: { path: string; message: string }): DatasetIssue {
  return { code: 'not-usable', severity: 'error', split: null, path: path === '' ? null : path, row: null, message };
}

function isLeaseLost(error: unknown): boolean {
  return error instanceof ScionError && error.code === 'leaseLost';
}
