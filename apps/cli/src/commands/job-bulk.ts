import { BulkJobs, JobKind, JobState } from '@scion/schema';
import { z } from 'zod';
import { CliError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

const Action = BulkJobs.shape.action;

export const jobBulk = defineCommand({
  path: ['job', 'bulk'],
  summary: 'Do one thing to all jobs that match',
  positional: ['action'],
  input: z.strictObject({
    action: Action.describe(`what to do: ${Action.options.join(', ')}`),
    state: JobState.optional().describe(`only to those in this state: ${JobState.options.join(', ')}`),
    kind: JobKind.optional().describe('only to those of this kind: pretrain or finetune'),
    tag: z.string().optional().describe('only to those with this tag'),
    all: z.boolean().default(false).describe('to all jobs; needed where nothing else is said'),
  }),
  run: async ({ action, all, ...filter }, { client, output }) => {
    if (!all && Object.values(filter).every((value) => value === undefined)) {
      throw new CliError(`That would ${action} all jobs.`, {
        exitCode: exitCodes.usage,
        next: 'Say --state, --kind, --tag or --all.',
      });
    }
    const result = await client.jobs.bulk({ action, filter });
    output.result(result, () => [
      ...result.data.map(({ id, state, error }) => `${id} is ${state ?? 'gone'}${error === null ? '' : `: ${error.detail}`}`),
      `${result.data.length} jobs${result.hasMore ? ', and there are more: say it again' : ''}`,
    ]);
    return result.data.some(({ error }) => error !== null) ? exitCodes.failed : exitCodes.ok;
  },
});
