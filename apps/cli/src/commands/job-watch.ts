import { JobId } from '@scion/schema';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { watchJobsToExit } from '../progress/watch-job.ts';

export const jobWatch = defineCommand({
  path: ['job', 'watch'],
  summary: 'Follow a job until it ends; the exit code tells how it ended',
  positional: ['id'],
  input: z.strictObject({ id: JobId.describe('id of the job') }),
  run: async ({ id }, context) => await watchJobsToExit([id], context),
});
