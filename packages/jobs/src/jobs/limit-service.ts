import { ScionError, type TagLimit } from '@scion/schema';
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { inScope, ownership, type Scope } from '../access/scope.ts';
import type { Database } from '../database/database.ts';
import { jobs, tagLimits } from '../database/tables.ts';
import type { Dispatcher } from '../queue/dispatcher.ts';

/** How many jobs with a tag may run at once. A limit counts for the jobs that start after it was set; none is stopped for it. */
export type LimitService = {
  /** By tag. */
  list(): Promise<TagLimit[]>;
  set(tag: string, maxRunning: number): Promise<TagLimit>;
  /** Error `notFound` where the tag has no limit. */
  remove(tag: string): Promise<void>;
};

export function createLimitService({
  database: { orm },
  dispatcher,
  scope,
}: {
  database: Database;
  dispatcher: Dispatcher;
  scope: Scope | null;
}): LimitService {
  const read = (tag?: string) =>
    orm
      .select({
        tag: tagLimits.tag,
        maxRunning: tagLimits.maxRunning,
        updatedAt: tagLimits.updatedAt,
        // Names in full: Drizzle writes a column without its table where it selects from one table.
        running: sql<number>`(
          select count(*)::int from jobs where jobs.state = 'running' and jobs.project = tag_limits.project and jobs.tags @> array[tag_limits.tag])`,
      })
      .from(tagLimits)
      .where(and(inScope(tagLimits, scope), tag === undefined ? undefined : eq(tagLimits.tag, tag)))
      .orderBy(asc(tagLimits.tag))
      .then((rows) => rows.map((row): TagLimit => ({ ...row, updatedAt: row.updatedAt.toISOString() })));

  /** Jobs that were held back may start now; those that may not are found not to when a worker looks. */
  const announceWaiting = async (tag: string) => {
    const isWaiting = inArray(jobs.state, ['queued', 'retrying']);
    const hasTag = sql`${jobs.tags} @> array[${tag}]`;
    await dispatcher.dispatchJobs(
      await orm
        .select({ id: jobs.id, priority: jobs.priority })
        .from(jobs)
        .where(and(isWaiting, hasTag, inScope(jobs, scope))),
    );
  };

  return {
    list: () => read(),

    async set(tag, maxRunning) {
      const updatedAt = sql`clock_timestamp()`;
      const { project } = ownership(scope);
      await orm
        .insert(tagLimits)
        .values({ project, tag, maxRunning })
        .onConflictDoUpdate({ target: [tagLimits.project, tagLimits.tag], set: { maxRunning, updatedAt } });
      await announceWaiting(tag);
      const [limit] = await read(tag);
      if (!limit) throw noSuchLimit(tag); // Removed in between
      return limit;
    },

    async remove(tag) {
      const removed = await orm
        .delete(tagLimits)
        .where(and(eq(tagLimits.tag, tag), inScope(tagLimits, scope)))
        .returning({ tag: tagLimits.tag });
      if (removed.length === 0) throw noSuchLimit(tag);
      await announceWaiting(tag);
    },
  };
}

function noSuchLimit(tag: string): ScionError {
  return new ScionError('notFound', `There is no limit for the tag ${JSON.stringify(tag)}`);
}
