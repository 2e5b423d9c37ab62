import { z } from 'zod';
import { PageQuery } from './page.ts';

export const eventTypes = [
  'job.queued',
  'job.blocked',
  'job.stopRequested',
  'job.paused',
  'job.resumed',
  'job.retrying',
  'job.retried',
  'job.extended',
  'job.succeeded',
  'job.failed',
  'job.cancelled',
  'attempt.started',
  'attempt.resumed',
  'attempt.lost',
  'method.chosen',
  'run.prepared',
  'run.planned',
  'run.endedEarly',
  'epoch.finished',
  'checkpoint.saved',
  'checkpoint.corrupt',
  'model.saved',
  'artifact.saved',
  'weights.imported',
  'run.warning',
] as const;

export const EventType = z.enum(eventTypes);
export type EventType = z.infer<typeof EventType>;

export const EventLevel = z.enum(['info', 'warn', 'error']);

/** A timestamped fact about a job. Ids are stable and sort in the order in which things happened. */
export const JobEvent = z
  .strictObject({
    id: z.string(),
    type: EventType,
    level: EventLevel,
    message: z.string(),
    at: z.iso.datetime(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event' });
export type JobEvent = z.infer<typeof JobEvent>;

export const ListEvents = PageQuery.extend({ limit: z.coerce.number().int().min(1).max(1000).default(100) });
export type ListEvents = z.infer<typeof ListEvents>;
