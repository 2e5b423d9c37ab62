import {
  type CreateDatasetFields,
  type Dataset,
  type ListDatasets,
  newId,
  type Page,
  ScionError,
  terminalStates,
} from '@scion/schema';
import { and, desc, eq, lt, notInArray } from 'drizzle-orm';
import type { Database } from '../database/database.ts';
import { toPage } from '../database/page.ts';
import { datasets, jobs } from '../database/tables.ts';
import type { Dispatcher } from '../queue/dispatcher.ts';
import { toDataset } from './dataset-record.ts';

export type CreateDataset = CreateDatasetFields & {
  /** Made by the caller before it stores the upload, whose key holds it. */
  id?: string;
  fileName: string;
  sizeBytes: number;
};

/** What clients do with data sets. Ids that do not exist are a `notFound` error everywhere. */
export type DatasetService = {
  /** Adds a data set whose upload is stored already, and has it validated. */
  create(dataset: CreateDataset): Promise<Dataset>;
  get(datasetId: string): Promise<Dataset>;
  /** Newest first; `after` is the id of the last data set of the page before. */
  list(query: ListDatasets): Promise<Page<Dataset>>;
  /** Forgets the data set; its files are the caller's to remove. Error `conflict`, naming them, while unfinished jobs need it. */
  delete(datasetId: string): Promise<void>;
};

export function createDatasetService({
  database: { orm },
  dispatcher,
}: {
  database: Database;
  dispatcher: Dispatcher;
}): DatasetService {
  return {
    async create({ id = newId('dataset'), name, format, fileName, sizeBytes }) {
      const [row] = await orm
        .insert(datasets)
        .values({ id, name: name ?? fileName, format, fileName, sizeBytes })
        .returning();
      if (!row) throw new ScionError('internal', 'The database returned no row for a new data set');
      await dispatcher.dispatchDatasets([row]);
      return toDataset(row);
    },

    async get(datasetId) {
      const [row] = await orm.select().from(datasets).where(eq(datasets.id, datasetId));
      if (!row) throw noSuchDataset(datasetId);
      return toDataset(row);
    },

    async list({ limit, after, state }) {
      const rows = await orm
        .select()
        .from(datasets)
        .where(
          and(
            after === undefined ? undefined : lt(datasets.id, after),
            state === undefined ? undefined : eq(datasets.state, state),
          ),
        )
        .orderBy(desc(datasets.id))
        .limit(limit + 1);
      return toPage(rows, { limit, toItem: toDataset, cursorOf: ({ id }) => id });
    },

    delete: (datasetId) =>
      orm.transaction(async (tx) => {
        // Submitting a job takes a share lock on this row, so no job can slip in between the check and the delete.
        const [row] = await tx.select({ id: datasets.id }).from(datasets).where(eq(datasets.id, datasetId)).for('update');
        if (!row) throw noSuchDataset(datasetId);
        const users = await tx
          .select({ id: jobs.id, state: jobs.state })
          .from(jobs)
          .where(and(eq(jobs.datasetId, datasetId), notInArray(jobs.state, [...terminalStates])))
          .orderBy(jobs.id);
        if (users.length > 0) {
          const details = users.map(({ id, state }) => ({ path: id, message: `The job is ${state}` }));
          const names = users.map(({ id }) => id).join(', ');
          throw new ScionError('conflict', `The data set ${datasetId} is needed by jobs that have not ended: ${names}`, {
            details,
          });
        }
        await tx.delete(datasets).where(eq(datasets.id, datasetId));
      }),
  };
}

function noSuchDataset(datasetId: string): ScionError {
  return new ScionError('notFound', `There is no data set ${datasetId}`);
}
