import { createReadStream } from 'node:fs';
import { type FetchedSource, type FetchRules, manifestFileName } from '@scion/data/pack-protocol';
import { type ClaimedValidation, type HandleResult, type Services, startRepeatingTask } from '@scion/jobs';
import { artifactKeys, type Dataset, type DatasetIssue, errorCatalogue, isErrorCode, ScionError } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import type { Logger } from 'pino';
import { whileUnreachable } from '../while-unreachable.ts';
import type { S3Imports } from './fetchable-source.ts';
import type { PackEnd } from './pack-process.ts';
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
  s3Imports: S3Imports;
  workerId: string;
  leaseMs: number;
  renewEveryMs: number;
  log: Logger;
};

type Packed = Extract<PackEnd, { type: 'packed' }>;
type NotPacked = Exclude<PackEnd, { type: 'packed' }>;
type Lease = { isLost(): boolean; stop(): Promise<void> };

/** Validates one data set at a time, each in a process of its own. */
export function createDatasetValidator(parts: ValidatorParts): DatasetValidator {
  const { services, store, workerId, leaseMs, log } = parts;
  let isDraining = false;
  let current = null as PackingTry | null;
  const call = <T>(query: () => Promise<T>) =>
    whileUnreachable(query, { isOver: () => isDraining, onError: (error) => log.warn({ err: error }, 'validation') });

  const validate = async (claimed: ClaimedValidation): Promise<Dataset> => {
    const lease = keepLease(claimed.ref);
    let keepBuilt = false;
    try {
      const packing = await call(() => startPackingTry(parts, claimed));
      current = packing;
      if (isDraining || lease.isLost()) packing.kill();
      const end = await packing.ended;
      if (end.type === 'packed') return await keepPacked(claimed, { packing, end, lease });
      const dataset = await giveUp(claimed, { end, lease });
      keepBuilt = dataset.state === 'validating';
      return dataset;
    } catch (error) {
      const end = failureOf(error);
      if (end === null) throw error;
      return await giveUp(claimed, { end, lease });
    } finally {
      await lease.stop();
      await current?.clear({ keepBuilt });
      current = null;
    }
  };

  /** Renews the lease of a try until it is stopped; a lease that is lost ends the packing. */
  const keepLease = (ref: ClaimedValidation['ref']): Lease => {
    let isLost = false;
    const renewing = startRepeatingTask({
      run: () => services.validations.renewLease(ref, leaseMs),
      everyMs: parts.renewEveryMs,
      onError: (error) => {
        log.warn({ err: error, dataset: ref.datasetId }, 'lease of a validation');
        isLost = isLost || isLeaseLost(error);
        if (isLost) current?.kill();
      },
    });
    return { isLost: () => isLost, stop: () => renewing.stop() };
  };

  const keepPacked = async (
    claimed: ClaimedValidation,
    { packing, end, lease }: { packing: PackingTry; end: Packed; lease: Lease },
  ): Promise<Dataset> => {
    const { ref } = claimed;
    const packedKey = artifactKeys.datasetPacked(ref.datasetId);
    await call(() => services.validations.renewLease(ref, leaseMs)); // Nothing is put in place by a try that is over
    if (end.fetched !== null) await keepFetched(claimed, packing, end.fetched);
    await call(() => store.publishFolder(packedKey, { from: packing.outDir, last: manifestFileName }));
    await lease.stop();
    try {
      return await call(() => services.validations.finish(ref, end.report));
    } catch (error) {
      if (await isGone(ref.datasetId)) await store.remove(packedKey); // Deleted meanwhile: nobody else will remove it
      throw error;
    }
  };

  /** Writes down why a try came to nothing, and whether that is the data's fault. */
  const giveUp = async ({ ref }: ClaimedValidation, { end, lease }: { end: NotPacked; lease: Lease }): Promise<Dataset> => {
    const { validations } = services;
    await lease.stop();
    if (isDraining) return await call(() => validations.handBack(ref));
    if (end.type === 'death') return await call(() => validations.died(ref, end.message));
    const code = isErrorCode(end.code) ? end.code : 'internal';
    if (errorCatalogue[code].retriable) return await call(() => validations.died(ref, end.message));
    return await call(() => validations.fail(ref, { code, message: end.message, issues: end.details.map(toIssue) }));
  };

  /** Stores what the packing process fetched, once. */
  const keepFetched = async ({ ref, uploadKey }: ClaimedValidation, { fetchedPath }: PackingTry, fetched: FetchedSource) => {
    if (fetchedPath === null) throw new Error('The packing process fetched an upload that is stored already');
    const { sha256, sizeBytes } = await call(() => store.put(uploadKey, createReadStream(fetchedPath)));
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
        if (!isLeaseLost(error)) throw error;
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

/** A refusal by the store, or of the source, in the form of one by the process; null for what is no refusal. */
function failureOf(error: unknown): NotPacked | null {
  if (!(error instanceof ScionError) || isLeaseLost(error)) return null;
  const { code, message, details } = error;
  return { type: 'failed', code, message, details: [...details] };
}

function isLeaseLost(error: unknown): boolean {
  return error instanceof ScionError && error.code === 'leaseLost';
}

function toIssue({ path, message }: { path: string; message: string }): DatasetIssue {
  return { code: 'not-usable', severity: 'error', split: null, path: path === '' ? null : path, row: null, message };
}
