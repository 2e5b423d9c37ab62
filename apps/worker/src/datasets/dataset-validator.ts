import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { FetchedSource, FetchRules } from '@scion/data/pack-protocol';
import type { ClaimedValidation, HandleResult, Services } from '@scion/jobs';
import { type Dataset, type DatasetIssue, errorCatalogue, isErrorCode, ScionError } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import type { Logger } from 'pino';
import { whileUnreachable } from '../while-unreachable.ts';
import { type PackingTry, startPackingTry } from './packing-try.ts';

export type DatasetValidator = {
  /** Validates the data set, if it still waits for that. */
  handle(datasetId: string): Promise<HandleResult>;
  /** Ends the validation that runs; another worker starts it again. */
  drain(): void;
};

export type ValidatorParts = {
  services: Services;
  store: ArtifactStore;
  packPath: string;
  environment: NodeJS.ProcessEnv;
  /** What may be fetched for data sets that were not uploaded. */
  fetchRules: FetchRules;
  workerId: string;
  leaseMs: number;
  renewEveryMs: number;
  log: Logger;
};

/** Validates one data set at a time, each in a process of its own. */
export function createDatasetValidator(parts: ValidatorParts): DatasetValidator {
  const { services, store, workerId, leaseMs, log } = parts;
  let isDraining = false;
  let current: PackingTry | null = null;
  const call = <T>(query: () => Promise<T>) =>
    whileUnreachable(query, { isOver: () => isDraining, onError: (error) => log.warn({ err: error }, 'validation') });

  const validate = async (claimed: ClaimedValidation): Promise<Dataset> => {
    const packing = await startPackingTry(parts, claimed);
    current = packing;
    if (isDraining) packing.kill();
    try {
      return await conclude(claimed, packing);
    } finally {
      current = null;
      await rm(packing.outDir, { recursive: true, force: true });
      if (packing.fetchedPath !== null) await rm(packing.fetchedPath, { force: true });
    }
  };

  const conclude = async (claimed: ClaimedValidation, packing: PackingTry): Promise<Dataset> => {
    const { validations } = services;
    const { ref } = claimed;
    const { ended, outDir, packedDir } = packing;
    const end = await ended;
    if (end.type === 'packed') {
      await call(() => validations.renewLease(ref, leaseMs)); // Nothing is put in place by a try that is over
      if (end.fetched !== null) await keepFetched(claimed, packing, end.fetched);
      await rm(packedDir, { recursive: true, force: true });
      await rename(outDir, packedDir);
      return call(() => validations.finish(ref, end.report));
    }
    if (isDraining) return call(() => validations.handBack(ref));
    if (end.type === 'death') return call(() => validations.died(ref, end.message));
    const code = isErrorCode(end.code) ? end.code : 'internal';
    if (errorCatalogue[code].retriable) return call(() => validations.died(ref, end.message));
    return call(() => validations.fail(ref, { code, message: end.message, issues: end.details.map(toIssue) }));
  };

  /** Stores what the packing process fetched, once. */
  const keepFetched = async ({ ref, uploadKey }: ClaimedValidation, { fetchedPath }: PackingTry, fetched: FetchedSource) => {
    if (fetchedPath === null) throw new Error('The packing process fetched an upload that is stored already');
    const { sha256, sizeBytes } = await store.put(uploadKey, createReadStream(fetchedPath));
    const upload = { sha256, sizeBytes, fileName: fetched.fileName };
    try {
      const surplusKey = await call(() => services.validations.recordUpload(ref, upload));
      if (surplusKey !== null) await store.remove(surplusKey);
    } catch (error) {
      // Deleted meanwhile: nobody else will remove it. (Where another worker goes on, the key is its own.)
      if (await isGone(ref.datasetId)) await store.remove(uploadKey);
      throw error;
    }
  };

  const isGone = async (datasetId: string): Promise<boolean> => {
    try {
      await call(() => services.datasets.get(datasetId));
      return false;
    } catch (error) {
      return error instanceof ScionError && error.code === 'notFound';
    }
  };

  return {
    async handle(datasetId) {
      if (isDraining) return 'again';
      const claimed = await call(() => services.validations.claim({ datasetId, workerId, leaseMs }));
      if (!claimed) return 'done';
      log.info({ dataset: datasetId, try: claimed.ref.attempt }, 'validation started');
      try {
        const { state, error } = await validate(claimed);
        log.info({ dataset: datasetId, state, error }, 'validation ended');
        return state === 'validating' ? 'again' : 'done';
      } catch (error) {
        if (!(error instanceof ScionError && error.code === 'leaseLost')) throw error;
        log.warn({ dataset: datasetId }, 'validation lost: the data set was deleted, or another worker may have it');
        return 'again'; // The next claim tells
      }
    },
    drain() {
      isDraining = true;
      current?.kill();
    },
  };
}

function toIssue({ path, message }: { path: string; message: string }): DatasetIssue {
  return { code: 'not-usable', severity: 'error', split: null, path: path === '' ? null : path, row: null, message };
}
