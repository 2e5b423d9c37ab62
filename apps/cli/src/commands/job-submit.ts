import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { readJobFile } from '../job-file/read-job-file.ts';
import { watchJobsToExit } from '../progress/watch-job.ts';

export const jobSubmit = defineCommand({
  path: ['job', 'submit'],
  summary: 'Submit a job, or a chain of jobs, from a JSON file (comments are fine), or from standard input with -',
  positional: ['file'],
  input: z.strictObject({
    file: z.string().describe('JSON of the job, as POST /v1/jobs takes it; - is standard input'),
    watch: z.boolean().default(false).describe('follow the job until it ends; the exit code tells how'),
    idempotencyKey: z.string().optional().describe('submitting again with the same key gives the same job'),
  }),
  run: async ({ file, watch, idempotencyKey }, context) => {
    const body = await readJobFile(file);
    const chain = z.looseObject({ kind: z.literal('chain'), jobs: z.array(z.record(z.string(), z.unknown())) }).safeParse(body);
    const { client, output, commandName } = context;
    const jobs = chain.success
      ? await client.jobs.createChain(chain.data.jobs, { idempotencyKey })
      : [await client.jobs.create(body, { idempotencyKey })];
    if (watch) {
      for (const { id } of jobs) output.line(`Submitted ${id}`);
      return await watchJobsToExit(
        jobs.map(({ id }) => id),
        context,
      );
    }
    output.result(chain.success ? { data: jobs } : jobs[0], () =>
      jobs.flatMap(({ id, state }) => [`Submitted ${id}, ${state}`, `Follow it: ${commandName} job watch ${id}`]),
    );
    return exitCodes.ok;
  },
});
