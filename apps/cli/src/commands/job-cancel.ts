import { JobId } from '@scion/schema';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

export const jobCancel = defineCommand({
  path: ['job', 'cancel'],
  summary: 'Cancel a job: at once while it waits, within a step while it runs',
  positional: ['id'],
  input: z.strictObject({ id: JobId.describe('id of the job') }),
  run: async ({ id }, { client, output }) => {
    const job = await client.jobs.cancel(id);
    output.result(job, () => (job.state === 'cancelled' ? `Cancelled ${id}` : `${id} is ${job.state} and ends within a step`));
    return exitCodes.ok;
  },
});
