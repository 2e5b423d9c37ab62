import {
  artifactKeys,
  type Dataset,
  type DatasetSource,
  type ListDatasets,
  type MakeSplits,
  newId,
  type Page,
  type ReadOptions,
  ScionError,
} from '@scion/schema';
import { and, desc, eq, isNull, lt, sql } from 'drizzle-orm';
import { refuseStorageOverQuota } from '../access/quotas.ts';
import { inScope, ownership, type Scope } from '../access/scope.ts';
import type { Database, Orm, Transaction } from '../database/database.ts';
import { toPage } from '../database/page.ts';
import { datasets } from '../database/tables.ts';
import type { Dispatcher } from '../queue/dispatcher.ts';
import { toDataset } from './dataset-record.ts';
import { refuseWhileNeeded } from './dataset-users.ts';
import { findUploadOwner } from './stored-upload.ts';

export type CreateDataset = {
  /** Made by the caller before it stores the upload, whose key holds it. */
  id?: string;
  name?: string | undefined;
  format: string;
  split?: MakeSplits | undefined;
  options?: ReadOptions;
  /** An upload if left out. Of other sources neither size nor hash is known before a worker has fetched them. */
  source?: DatasetSource;
  fileName: string;
  sizeBytes: number;
  /** Of the stored upload. */
  sha256?: string;
};

/** `surplusKey` is of a second copy of the same bytes, for the caller to remove. */
export type CreatedDataset = { dataset: Dataset; surplusKey: string | null };

/** What clients do with data sets. Ids that do not exist are a `notFound` error everywhere. */
export type DatasetService = {
  /** Adds a data set whose upload is stored already, or is to be fetched, and has it validated. */
  create(dataset: CreateDataset): Promise<Dataset>;
  /** The same, where the upload has been stored just now: bytes that are there already are kept once. */
  createFromUpload(dataset: CreateDataset & { id: string; sha256: string }): Promise<CreatedDataset>;
  get(datasetId: string): Promise<Dataset>;
  /** Newest first; `after` is the id of the last data set of the page before. */
  list(query: ListDatasets): Promise<Page<Dataset>>;
  /** Moves it to the trash. Error `datasetInUse`, naming them, while unfinished jobs or models need it, unless forced. */
  delete(datasetId: string, options?: { force?: boolean }): Promise<void>;
};

export function createDatasetService({
  database: { orm },
  dispatcher,
  scope,
}: {
  database: Database;
  dispatcher: Dispatcher;
  scope: Scope | null;
}): DatasetService {
  const insert = async (tx: Orm | Transaction, dataset: CreateDataset, uploadOf: string | null) => {
    const { id = newId('dataset'), name, format, fileName, sizeBytes, source, options, split = null, sha256 = null } = dataset;
    await refuseStorageOverQuota(tx, scope, sizeBytes);
    const [row] = await tx
      .insert(datasets)
      .values({
        ...ownership(scope),
        id,
        name: name ?? fileName,
        format,
        fileName,
        sizeBytes,
        source,
        options,
        split,
        sha256,
        uploadOf,
      })
      .returning();
    if (!row) throw new ScionError('internal', 'The database returned no row for a new data set');
    return row;
  };

  return {
    async create(dataset) {
      const row = await insert(orm, dataset, null);
      await dispatcher.dispatchDatasets([row]);
      return toDataset(row);
    },

    async createFromUpload(dataset) {
      const row = await orm.transaction(async (tx) => insert(tx, dataset, await findUploadOwner(tx, dataset.sha256, dataset.id)));
      await dispatcher.dispatchDatasets([row]);
      return { dataset: toDataset(row), surplusKey: row.uploadOf === null ? null : artifactKeys.datasetUpload(row.id) };
    },

    async get(datasetId) {
      const [row] = await orm.select().from(datasets).where(isThere(datasetId, scope));
      if (!row) throw noSuchDataset(datasetId);
      return toDataset(row);
    },

    async list({ limit, after, state }) {
      const rows = await orm
        .select()
        .from(datasets)
        .where(
          and(
            isNull(datasets.deletedAt),
            inScope(datasets, scope),
            after === undefined ? undefined : lt(datasets.id, after),
            state === undefined ? undefined : eq(datasets.state, state),
          ),
        )
        .orderBy(desc(datasets.id))
        .limit(limit + 1);
      return toPage(rows, { limit, toItem: toDataset, cursorOf: ({ id }) => id });
    },

    delete: (datasetId, { force = false } = {}) =>
      orm.transaction(async (tx) => {
        // Submitting a job takes a share lock on this row, so no job can slip in between the check and the delete.
        const [row] = await tx.select({ id: datasets.id }).from(datasets).where(isThere(datasetId, scope)).for('update');
        if (!row) throw noSuchDataset(datasetId);
        if (!force) await refuseWhileNeeded(tx, datasetId);
        await tx.update(datasets).set({ deletedAt: sql`clock_timestamp()` }).where(eq(datasets.id, datasetId));
      }),
  };
}

function isThere(datasetId: string, scope: Scope | null) {
  return and(eq(datasets.id, datasetId), isNull(datasets.deletedAt), inScope(datasets, scope));
}

function noSuchDataset(datasetId: string): ScionError {
  return new ScionError('notFound', `There is no data set ${datasetId}`);
}
