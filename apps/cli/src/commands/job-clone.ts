import { JobId } from '@scion/schema';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { readJobFile } from '../job-file/read-job-file.ts';

export const jobClone = defineCommand({
  path: ['job', 'clone'],
  summary: 'Submit a job once more, with changes',
  positional: ['id'],
  input: z.strictObject({
    id: JobId.describe('id of the job'),
    patch: z.string().optional().describe('file with a JSON merge patch of the job; - is standard input'),
  }),
  run: async ({ id, patch }, { client, output, commandName }) => {
    const job = await client.jobs.clone(id, patch === undefined ? {} : await readJobFile(patch));
    output.result(job, () => [`Submitted ${job.id}, ${job.state}`, `Follow it: ${commandName} job watch ${job.id}`]);
    return exitCodes.ok;
  },
});
