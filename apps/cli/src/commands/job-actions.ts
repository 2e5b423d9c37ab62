import { type Job, JobId } from '@scion/schema';
import { z } from 'zod';
import type { CliContext } from '../cli-context.ts';
import { type CliCommand, defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

const id = JobId.describe('id of the job');

export const jobPause = plainAction('pause', 'Pause a job: it saves a checkpoint and frees its slot');
export const jobResume = plainAction('resume', 'Let a paused job go on, from its newest checkpoint');
export const jobStop = plainAction('stop', 'End a job now and keep a model of what it has trained');
export const jobCancel = plainAction('cancel', 'Cancel a job: at once while it waits, within a step while it runs');

export const jobRetry = defineCommand({
  path: ['job', 'retry'],
  summary: 'Run a job again that failed or was cancelled, from its newest checkpoint',
  positional: ['id'],
  input: z.strictObject({ id, fromStart: z.boolean().default(false).describe('train all of it again') }),
  run: async ({ id: jobId, fromStart }, context) =>
    reportState(await context.client.jobs.retry(jobId, { from: fromStart ? 'start' : 'checkpoint' }), context),
});

export const jobExtend = defineCommand({
  path: ['job', 'extend'],
  summary: 'Train a job that has succeeded on, for more epochs',
  positional: ['id'],
  input: z.strictObject({ id, epochs: z.coerce.number().int().min(1).describe('epochs in all, with those trained already') }),
  run: async ({ id: jobId, epochs }, context) => reportState(await context.client.jobs.extend(jobId, { epochs }), context),
});

function plainAction(action: 'pause' | 'resume' | 'stop' | 'cancel', summary: string): CliCommand {
  return defineCommand({
    path: ['job', action],
    summary,
    positional: ['id'],
    input: z.strictObject({ id }),
    run: async ({ id: jobId }, context) => reportState(await context.client.jobs[action](jobId), context),
  });
}

function reportState(job: Job, { output }: Pick<CliContext, 'output'>) {
  const { state, stopRequested } = job;
  output.result(job, () =>
    state === 'running' && stopRequested !== null ? `${job.id} is ${state} and ends within a step` : `${job.id} is ${state}`,
  );
  return exitCodes.ok;
}
