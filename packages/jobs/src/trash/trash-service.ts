import { artifactKeys, type Page, ScionError, type TrashEntry } from '@scion/schema';
import { and, eq, inArray, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import { inScope, type Scope } from '../access/scope.ts';
import { announceChange } from '../database/change-feed.ts';
import type { Database, Transaction } from '../database/database.ts';
import { toPage } from '../database/page.ts';
import {
  attempts,
  checkpoints,
  datasets,
  events,
  jobArtifacts,
  jobDependencies,
  jobs,
  metrics,
  models,
} from '../database/tables.ts';
import { lockBytes, uploadWithoutUser } from '../datasets/stored-upload.ts';
import { refuseNeededJob, refuseNeededModel } from './record-users.ts';

/** Deletes that can be taken back for a time. What is in the trash is not found by any other service. */
export type TrashService = {
  /** Errors: `notFound`; `conflict` while the job has not ended; `recordInUse`, naming the records that need it. */
  deleteJob(jobId: string): Promise<void>;
  /** Errors: `notFound`; `recordInUse`, naming the unfinished jobs that start from it. */
  deleteModel(modelId: string): Promise<void>;
  /** Deleted last first; `after` is the id of the last entry of the page before. */
  list(query: { limit: number; after?: string | undefined }): Promise<Page<TrashEntry>>;
  /** Error `notFound` where it is not in the trash. */
  restore(id: string): Promise<void>;
  /** Forgets what was deleted long enough ago. Returns the folders of its files, which are the caller's to remove. */
  purge(): Promise<string[]>;
};

const atOnce = 100;

export function createTrashService({
  database: { orm },
  keepDays,
  scope,
}: {
  database: Database;
  /** How long deleted records stay. */
  keepDays: number;
  scope: Scope | null;
}): TrashService {
  const now = sql`clock_timestamp()`;
  const isDue = (table: typeof jobs | typeof models | typeof datasets) =>
    lt(table.deletedAt, sql`clock_timestamp() - ${keepDays} * interval '1 day'`);

  const purgeJobsAndModels = () =>
    orm.transaction(async (tx) => {
      const dueModels = await tx.delete(models).where(isDue(models)).returning({ key: models.key });
      const dueJobs = await tx
        .select({ id: jobs.id })
        .from(jobs)
        .where(and(isDue(jobs), sql`not exists (select from models where models.job_id = jobs.id)`))
        .limit(atOnce)
        .for('update');
      const jobIds = dueJobs.map(({ id }) => id);
      await forgetJobs(tx, jobIds);
      return [...dueModels.map(({ key }) => key), ...jobIds.map(artifactKeys.job)];
    });

  return {
    deleteJob: (jobId) =>
      orm.transaction(async (tx) => {
        const [job] = await tx
          .select()
          .from(jobs)
          .where(and(eq(jobs.id, jobId), isNull(jobs.deletedAt), inScope(jobs, scope)))
          .for('update');
        if (!job) throw new ScionError('notFound', `There is no job ${jobId}`);
        await refuseNeededJob(tx, job);
        await tx.update(jobs).set({ deletedAt: now }).where(eq(jobs.id, jobId));
        await announceChange(tx, jobId);
      }),

    deleteModel: (modelId) =>
      orm.transaction(async (tx) => {
        const [model] = await tx
          .select({ id: models.id, jobId: models.jobId })
          .from(models)
          .where(and(eq(models.id, modelId), isNull(models.deletedAt), inScope(models, scope)))
          .for('update');
        if (!model) throw new ScionError('notFound', `There is no model ${modelId}`);
        await refuseNeededModel(tx, model);
        await tx.update(models).set({ deletedAt: now }).where(eq(models.id, modelId));
      }),

    async list({ limit, after }) {
      const entries = await orm.execute<{
        id: string;
        type: TrashEntry['type'];
        name: string;
        deleted_at: Date;
        purge_at: Date;
      }>(sql`
        select id, type, name, deleted_at, deleted_at + ${keepDays} * interval '1 day' as purge_at from (
          select id, 'job' as type, project, name, deleted_at from jobs where deleted_at is not null
          union all select id, 'model', project, name, deleted_at from models where deleted_at is not null
          union all select id, 'dataset', project, name, deleted_at from datasets where deleted_at is not null) as trash
        where (${scope?.project ?? null}::text is null or project = ${scope?.project ?? null}) and (${after ?? null}::text is null or (deleted_at, id) < (
          select deleted_at, id from jobs where id = ${after ?? null} union all
          select deleted_at, id from models where id = ${after ?? null} union all
          select deleted_at, id from datasets where id = ${after ?? null}))
        order by deleted_at desc, id desc limit ${limit + 1}`);
      const toItem = ({ id, type, name, ...row }: (typeof entries.rows)[number]): TrashEntry => ({
        id,
        type,
        name,
        deletedAt: new Date(row.deleted_at).toISOString(),
        purgeAt: new Date(row.purge_at).toISOString(),
      });
      return toPage(entries.rows, { limit, toItem, cursorOf: ({ id }) => id });
    },

    async restore(id) {
      for (const table of [jobs, models, datasets]) {
        const inTrash = and(eq(table.id, id), sql`${table.deletedAt} is not null`, inScope(table, scope));
        const restored = await orm.update(table).set({ deletedAt: null }).where(inTrash).returning({ id: table.id });
        if (restored.length > 0) return;
      }
      throw new ScionError('notFound', `There is no ${id} in the trash`);
    },

    async purge() {
      const due = await orm.select({ id: datasets.id }).from(datasets).where(isDue(datasets)).limit(atOnce);
      const keys: string[] = [];
      for (const { id } of due) keys.push(...(await orm.transaction((tx) => forgetDataset(tx, id, isDue(datasets)))));
      return [...keys, ...(await purgeJobsAndModels())];
    },
  };
}

/** Gives the keys of the files that no other data set shares; none where it was taken back in between. */
async function forgetDataset(tx: Transaction, id: string, isDue: SQL): Promise<string[]> {
  const [row] = await tx
    .select()
    .from(datasets)
    .where(and(eq(datasets.id, id), isDue))
    .for('update');
  if (!row) return [];
  if (row.sha256 !== null) await lockBytes(tx, row.sha256);
  await tx.delete(datasets).where(eq(datasets.id, id));
  const upload = await uploadWithoutUser(tx, row);
  return [artifactKeys.datasetPacked(id), ...(upload === null ? [] : [upload])];
}

async function forgetJobs(tx: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const jobIds = [...ids];
  await tx.delete(jobDependencies).where(or(inArray(jobDependencies.jobId, jobIds), inArray(jobDependencies.dependsOn, jobIds)));
  for (const table of [metrics, events, jobArtifacts, checkpoints, attempts])
    await tx.delete(table).where(inArray(table.jobId, jobIds));
  await tx.delete(jobs).where(inArray(jobs.id, jobIds));
}
