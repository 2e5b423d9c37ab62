import { type ImportReport, type ListModels, type Model, type Page, ScionError } from '@scion/schema';
import { and, desc, eq, isNull, lt, sql } from 'drizzle-orm';
import { refuseStorageOverQuota } from '../access/quotas.ts';
import { inScope, ownership, type Scope } from '../access/scope.ts';
import type { Database } from '../database/database.ts';
import { toPage } from '../database/page.ts';
import { models } from '../database/tables.ts';

export type ModelRow = typeof models.$inferSelect;

/** A model and the folder of the artifact store that holds it. */
export type StoredModel = { model: Model; key: string };

/** A backbone that a file of weights was made into, its parameters already in the folder `key`. */
export type ImportedModel = Pick<Model, 'id' | 'name' | 'backbone' | 'inputShape' | 'parameterCount' | 'sizeBytes' | 'sha256'> & {
  key: string;
  report: ImportReport;
};

export type ModelService = {
  /** Writes down a model that no job trained. */
  addImported(model: ImportedModel): Promise<Model>;
  /** Forgets an imported model, unless a job starts from it. Gives the folder of the artifact store that is then to be removed, or null. */
  discardUnused(modelId: string): Promise<string | null>;
  get(modelId: string): Promise<StoredModel>;
  /** Newest first; `after` is the id of the last model of the page before. */
  list(query: ListModels): Promise<Page<Model>>;
};

export function createModelService({ database: { orm }, scope }: { database: Database; scope: Scope | null }): ModelService {
  return {
    async addImported({ report, ...model }) {
      await refuseStorageOverQuota(orm, scope, model.sizeBytes);
      const values = {
        ...model,
        ...ownership(scope),
        kind: 'import' as const,
        classNames: [],
        metrics: {},
        importReport: report,
      };
      const [row] = await orm.insert(models).values(values).returning();
      if (!row) throw new ScionError('internal', 'The database returned no row for a new model');
      return toModel(row);
    },

    async discardUnused(modelId) {
      const isUnused = sql`not exists (select from jobs where jobs.spec -> 'from' ->> 'model' = ${modelId})`;
      const [row] = await orm
        .delete(models)
        .where(and(eq(models.id, modelId), isNull(models.jobId), isUnused, inScope(models, scope)))
        .returning({ key: models.key });
      return row?.key ?? null;
    },

    async get(modelId) {
      const [row] = await orm
        .select()
        .from(models)
        .where(and(eq(models.id, modelId), isNull(models.deletedAt), inScope(models, scope)));
      if (!row) throw new ScionError('notFound', `There is no model ${modelId}`);
      return { model: toModel(row), key: row.key };
    },

    async list({ limit, after, job }) {
      const rows = await orm
        .select()
        .from(models)
        .where(
          and(
            isNull(models.deletedAt),
            inScope(models, scope),
            after === undefined ? undefined : lt(models.id, after),
            job === undefined ? undefined : eq(models.jobId, job),
          ),
        )
        .orderBy(desc(models.id))
        .limit(limit + 1);
      return toPage(rows, { limit, toItem: toModel, cursorOf: ({ id }) => id });
    },
  };
}

function toModel(row: ModelRow): Model {
  return {
    id: row.id,
    name: row.name,
    project: row.project,
    owner: row.owner,
    job: row.jobId,
    kind: row.kind,
    backbone: row.backbone,
    method: row.method,
    inputShape: row.inputShape,
    classNames: row.classNames,
    parameterCount: row.parameterCount,
    metrics: row.metrics,
    dataset: row.datasetId,
    datasetSha256: row.datasetSha256,
    sizeBytes: row.sizeBytes,
    sha256: row.sha256,
    import: row.importReport,
    createdAt: row.createdAt.toISOString(),
    url: `/v1/models/${row.id}/parameters`,
  };
}
