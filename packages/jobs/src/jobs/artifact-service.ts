import { type JobArtifact, type Page, type PageQuery, ScionError } from '@scion/schema';
import { and, desc, eq, sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { Scope } from '../access/scope.ts';
import type { Database } from '../database/database.ts';
import { toPage } from '../database/page.ts';
import { jobArtifacts } from '../database/tables.ts';
import { readJob } from './job-queries.ts';

export type ArtifactService = {
  get(jobId: string, name: string): Promise<JobArtifact>;
  /** Those of the latest step first; `after` is the name of the last one of the page before. */
  listOfJob(jobId: string, query: z.infer<typeof PageQuery>): Promise<Page<JobArtifact>>;
};

export function createArtifactService({
  database: { orm },
  scope,
}: {
  database: Database;
  scope: Scope | null;
}): ArtifactService {
  const named = (jobId: string, name: string) => and(eq(jobArtifacts.jobId, jobId), eq(jobArtifacts.name, name));
  return {
    async get(jobId, name) {
      await readJob(orm, jobId, scope);
      const [row] = await orm.select().from(jobArtifacts).where(named(jobId, name));
      if (!row) throw new ScionError('notFound', `The job ${jobId} has no artifact ${name}`);
      return toArtifact(row);
    },

    async listOfJob(jobId, { limit, after }) {
      await readJob(orm, jobId, scope);
      const { step, name } = jobArtifacts;
      const last = orm
        .select({ step, name })
        .from(jobArtifacts)
        .where(named(jobId, after ?? ''));
      const rows = await orm
        .select()
        .from(jobArtifacts)
        .where(and(eq(jobArtifacts.jobId, jobId), after === undefined ? undefined : sql`(${step}, ${name}) < ${last}`))
        .orderBy(desc(step), desc(name))
        .limit(limit + 1);
      return toPage(rows, { limit, toItem: toArtifact, cursorOf: (row) => row.name });
    },
  };
}

function toArtifact({ jobId, createdAt, ...row }: typeof jobArtifacts.$inferSelect): JobArtifact {
  return { ...row, job: jobId, createdAt: createdAt.toISOString(), url: `/v1/jobs/${jobId}/artifacts/${row.name}` };
}
