import { z } from 'zod';
import type { JobState } from './job.ts';

export const JobAction = z.enum(['pause', 'resume', 'stop', 'cancel', 'retry', 'extend']);
export type JobAction = z.infer<typeof JobAction>;

/**
 * What each action does to a job in each state; a pair that is not here is refused. A running job gets to the state once its
 * trainer has stopped. `resume` and `retry` lead to `blocked` instead of `queued` while a dependency is unfinished. A job that does
 * not run needs a checkpoint to be stopped, and a slot for the moment in which the model is made of it.
 */
export const jobActions = {
  pause: { blocked: 'paused', queued: 'paused', running: 'paused', retrying: 'paused' },
  resume: { paused: 'queued' },
  stop: { queued: 'succeeded', running: 'succeeded', retrying: 'succeeded', paused: 'succeeded' },
  cancel: { blocked: 'cancelled', queued: 'cancelled', running: 'cancelled', retrying: 'cancelled', paused: 'cancelled' },
  retry: { failed: 'queued', cancelled: 'queued' },
  extend: { succeeded: 'queued' },
} as const satisfies Record<JobAction, Partial<Record<JobState, JobState>>>;

/** The actions that a job in that state takes. */
export function actionsIn(state: JobState): JobAction[] {
  return JobAction.options.filter((action) => state in jobActions[action]);
}

export const RetryJob = z
  .strictObject({
    from: z
      .enum(['checkpoint', 'start'])
      .default('checkpoint')
      .describe('`checkpoint` goes on from the newest intact one, if there is any; `start` trains all of it again'),
  })
  .meta({ id: 'RetryJob' });
export type RetryJob = z.infer<typeof RetryJob>;

export const ExtendJob = z
  .strictObject({
    training: z.strictObject({
      epochs: z.int().min(1).max(1_000_000).describe('In all, with those trained already: more than these'),
    }),
  })
  .meta({ id: 'ExtendJob' });
export type ExtendJob = z.infer<typeof ExtendJob>;
