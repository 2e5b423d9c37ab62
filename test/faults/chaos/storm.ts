import type { Services, WorkQueue } from '@scion/jobs';
import type { Random } from '../../support/random.ts';
import type { Stand } from '../stand/stand.ts';

/** What a fault may touch. */
export type Storm = {
  stand: Stand;
  random: Random;
  services: Services;
  queue: WorkQueue;
  leaseMs: number;
  /** Ids of the jobs that have not ended, as far as is known. */
  jobs: () => readonly string[];
  /** Sends the request of a job again, as a client that lost the answer; throws where it gets another job. */
  resubmit(jobId: string): Promise<void>;
  /** Ids of checkpoints that were damaged on purpose. */
  damaged: Set<string>;
};

export type Fault = {
  name: string;
  needsRedis?: boolean;
  /** Does the harm, and undoes what would not pass by itself. */
  inject(storm: Storm): Promise<void>;
};
