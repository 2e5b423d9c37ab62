import type { Checkpoint, Page, PageQuery } from '@scion/schema';
import { ScionError } from '@scion/schema';
import { and, desc, eq, inArray, isNull, lt } from 'drizzle-orm';
import type { z } from 'zod';
import { inScope, type Scope } from '../access/scope.ts';
import type { Database } from '../database/database.ts';
import { toPage } from '../database/page.ts';
import { checkpoints, jobs } from '../database/tables.ts';
import { readJob } from './job-queries.ts';

export type CheckpointRow = typeof checkpoints.$inferSelect;

/** A checkpoint and the folder of the artifact store that holds it. */
export type StoredCheckpoint = { checkpoint: Checkpoint; key: string };

export type CheckpointService = {
  /** Not that of a deleted job. */
  get(checkpointId: string): Promise<StoredCheckpoint>;
  /** Newest first. */
  listOfJob(jobId: string, query: z.infer<typeof PageQuery>): Promise<Page<Checkpoint>>;
  /** Forgets checkpoints whose files are gone. */
  forget(checkpointIds: readonly string[]): Promise<void>;
};

export function createCheckpointService({
  database: { orm },
  scope,
}: {
  database: Database;
  scope: Scope | null;
}): CheckpointService {
  return {
    async get(checkpointId) {
      const [found] = await orm
        .select({ row: checkpoints })
        .from(checkpoints)
        .innerJoin(jobs, eq(jobs.id, checkpoints.jobId))
        .where(and(eq(checkpoints.id, checkpointId), isNull(jobs.deletedAt), inScope(jobs, scope)));
      if (!found) throw new ScionError('notFound', `There is no checkpoint ${checkpointId}`);
      return { checkpoint: toCheckpoint(found.row), key: found.row.key };
    },

    async listOfJob(jobId, { limit, after }) {
      await readJob(orm, jobId, scope);
      const rows = await orm
        .select()
        .from(checkpoints)
        .where(and(eq(checkpoints.jobId, jobId), after === undefined ? undefined : lt(checkpoints.id, after)))
        .orderBy(desc(checkpoints.id))
        .limit(limit + 1);
      return toPage(rows, { limit, toItem: toCheckpoint, cursorOf: ({ id }) => id });
    },

    async forget(checkpointIds) {
      if (checkpointIds.length > 0) await orm.delete(checkpoints).where(inArray(checkpoints.id, [...checkpointIds]));
    },
  };
}

function toCheckpoint(row: CheckpointRow): Checkpoint {
  return {
    id: row.id,
    job: row.jobId,
    attempt: row.attempt,
    epoch: row.epoch,
    step: row.step,
    metrics: row.metrics,
    sizeBytes: row.sizeBytes,
    sha256: row.sha256,
    createdAt: row.createdAt.toISOString(),
    url: `/v1/checkpoints/${row.id}`,
  };
}
