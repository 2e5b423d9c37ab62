import { z } from 'zod';
import { JobId } from './id.ts';
import { JobKind, JobState } from './job.ts';
import { JobAction } from './job-action.ts';
import { Problem } from './problem.ts';

export const JobFilter = z.strictObject({
  state: JobState.optional(),
  kind: JobKind.optional(),
  tag: z.string().max(64).optional(),
});
export type JobFilter = z.infer<typeof JobFilter>;

/** One action for many jobs. */
export const BulkJobs = z
  .strictObject({
    action: JobAction.exclude(['extend']),
    ids: z.array(JobId).min(1).max(1000).optional(),
    filter: JobFilter.optional().describe('All jobs that match and whose state takes the action, oldest first, 1000 at most'),
  })
  .refine(({ ids, filter }) => (ids === undefined) !== (filter === undefined), { message: 'Give either ids or filter' })
  .meta({ id: 'BulkJobs' });
export type BulkJobs = z.infer<typeof BulkJobs>;

export const BulkResult = z
  .strictObject({
    data: z.array(
      z.strictObject({
        id: JobId,
        state: JobState.nullable().describe('After the action; null where there is no such job'),
        error: Problem.nullable().describe('Why it was not done to this one'),
      }),
    ),
    hasMore: z.boolean().describe('Whether more jobs match the filter: send the request again'),
  })
  .meta({ id: 'BulkResult' });
export type BulkResult = z.infer<typeof BulkResult>;
