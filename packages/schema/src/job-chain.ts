import { z } from 'zod';
import { Job } from './job.ts';

/** A name that only the request knows, so that its jobs can refer to each other before they have ids. */
const LocalName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'Expected a letter, then letters, digits and hyphens, in lower case')
  .meta({ examples: ['pretrain'] });

/** Several jobs in one request: all are accepted, or none. */
export const CreateJobChain = z
  .strictObject({
    kind: z.literal('chain'),
    jobs: z
      .array(z.looseObject({ as: LocalName.optional() }))
      .min(1)
      .max(50)
      .describe(
        'Each as it would be submitted by itself, with a name of your choice in `as`. `from.job` and `dependsOn` may hold the names of ' +
          'jobs that stand before it in the list.',
      ),
  })
  .meta({ id: 'CreateJobChain' });
export type CreateJobChain = z.infer<typeof CreateJobChain>;

export const JobList = z.strictObject({ data: z.array(Job) }).meta({ id: 'JobList' });
export type JobList = z.infer<typeof JobList>;
