import { actionsIn, type JobAction, ScionError } from '@scion/schema';
import type { JobRow } from './job-record.ts';

const participles: Record<JobAction, string> = {
  pause: 'paused',
  resume: 'resumed',
  stop: 'stopped',
  cancel: 'cancelled',
  retry: 'retried',
  extend: 'extended',
};

const requested = {
  pause: 'is being paused',
  keep: 'is being stopped',
  deadline: 'is past its deadline',
  cancel: 'is being cancelled',
} as const;

/** The error for an action that the job's state does not take; it says what the state is, and what it does take. */
export function refuseAction(job: Pick<JobRow, 'id' | 'state' | 'stopRequested'>, action: JobAction): ScionError {
  const state = job.stopRequested === null ? `is ${job.state}` : requested[job.stopRequested];
  const possible = actionsIn(job.state).filter((other) => other !== action);
  const advice = possible.length === 0 ? 'nothing can be done with it' : `it can be ${listed(possible)}`;
  return new ScionError('conflict', `The job ${job.id} ${state} and cannot be ${participles[action]}: ${advice}`, {
    details: [{ path: 'state', message: `${job.state}; possible: ${possible.join(', ') || 'nothing'}` }],
  });
}

function listed(actions: readonly JobAction[]): string {
  const words = actions.map((action) => participles[action]);
  const last = words.at(-1) ?? '';
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${last}` : last;
}
