import { z } from 'zod';
import { JobId, WorkerId } from './id.ts';
import { JobState } from './job.ts';
import { PageQuery } from './page.ts';

/** A supervisor process that runs attempts. */
export const Worker = z
  .strictObject({
    id: WorkerId,
    host: z.string(),
    pid: z.int(),
    slots: z.int().describe('Attempts that it runs at once'),
    devices: z.array(z.string()).describe('What each slot runs on, such as `cpu` or `gpu:0`'),
    running: z.array(JobId),
    alive: z.boolean().describe('Whether it was heard of within the last lease'),
    startedAt: z.iso.datetime(),
    lastSeenAt: z.iso.datetime(),
  })
  .meta({ id: 'Worker' });
export type Worker = z.infer<typeof Worker>;

export const ListWorkers = PageQuery;

/** How much is waiting, and how many hands there are. */
export const QueueStatus = z
  .strictObject({
    backend: z.enum(['redis', 'postgres']),
    jobs: z.record(JobState, z.int()).describe('Number of jobs in each state'),
    workers: z.int().describe('Workers that are alive'),
    slots: z.int().describe('Slots of those workers'),
    busySlots: z.int(),
  })
  .meta({ id: 'QueueStatus' });
export type QueueStatus = z.infer<typeof QueueStatus>;
