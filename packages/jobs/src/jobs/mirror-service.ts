import type { Job } from '@scion/schema';
import { eq, gt, sql } from 'drizzle-orm';
import { type Database, inMs } from '../database/database.ts';
import { jobs } from '../database/tables.ts';
import { withForecasts } from './job-queries.ts';

/** A job as it is now, and the version that says so. */
export type JobVersion = { job: Job; version: number };

/** Tells which jobs have changed since their copy in the artifact store was written. */
export type MirrorService = {
  /** Jobs to copy, those that wait longest first. */
  pending(limit: number): Promise<JobVersion[]>;
  /**
   * The copy of that version has been written. Two workers may copy a job at the same time and the older copy land last; its
   * version then is not the job's, so the job is pending again.
   */
  markMirrored(jobId: string, version: number): Promise<void>;
  /**
   * Makes what changed in the last `ms` pending again: a worker that was killed after it wrote an older copy, and before it could say
   * so, leaves that one behind a newer mark.
   */
  redoRecent(ms: number): Promise<void>;
};

export function createMirrorService({ database: { orm } }: { database: Database }): MirrorService {
  return {
    async pending(limit) {
      const rows = await orm
        .select()
        .from(jobs)
        .where(sql`${jobs.version} <> ${jobs.mirroredVersion}`)
        .orderBy(jobs.updatedAt)
        .limit(limit);
      const current = await withForecasts(orm, rows);
      return current.map((job, i) => ({ job, version: rows[i]?.version ?? 0 }));
    },

    async markMirrored(jobId, version) {
      await orm.update(jobs).set({ mirroredVersion: version }).where(eq(jobs.id, jobId));
    },

    async redoRecent(ms) {
      await orm
        .update(jobs)
        .set({ mirroredVersion: 0 })
        .where(gt(jobs.updatedAt, inMs(-ms)));
    },
  };
}
