import { JobId } from '@scion/schema';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

export const jobLogs = defineCommand({
  path: ['job', 'logs'],
  summary: 'Print what the trainer of a job wrote, all attempts',
  positional: ['id'],
  input: z.strictObject({ id: JobId.describe('id of the job') }),
  run: async ({ id }, { client, output }) => {
    const log = await client.jobs.logs(id);
    output.result({ log }, () => log.trimEnd());
    return exitCodes.ok;
  },
});
