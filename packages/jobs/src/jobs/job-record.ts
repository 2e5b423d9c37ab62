import type { Job, JobEvent, JobProgress } from '@scion/schema';
import type { events, jobs } from '../database/tables.ts';

export type JobRow = typeof jobs.$inferSelect;
export type EventRow = typeof events.$inferSelect;
export type QueueForecast = { position: number; expectedStartAt: string | null };

export const noProgress: JobProgress = {
  epoch: 0,
  epochs: 0,
  step: 0,
  steps: 0,
  fraction: 0,
  etaSeconds: null,
  imagesPerSecond: null,
};

/** The job as the API shows it. */
export function toJob(row: JobRow, queue: QueueForecast | null): Job {
  return {
    id: row.id,
    project: row.project,
    owner: row.owner,
    kind: row.kind,
    name: row.name,
    state: row.state,
    spec: row.spec,
    attempt: row.attempt,
    progress: row.progress,
    metrics: row.metrics,
    result: row.result,
    error: row.error,
    queue,
    stopRequested: row.stopRequested,
    nextTryAt: row.nextTryAt?.toISOString() ?? null,
    tags: row.tags,
    priority: row.priority,
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
    updatedAt: row.updatedAt.toISOString(),
  };
}

const eventIdDigits = 16;

/** Event ids are numbers with leading zeros, so that they sort as text too. */
function toEventId(id: number): string {
  return `evt_${String(id).padStart(eventIdDigits, '0')}`;
}

/** The number of an event id; 0, which is before all events, for text that is none. */
export function fromEventId(id: string): number {
  return /^evt_\d{16}$/.test(id) ? Number(id.slice('evt_'.length)) : 0;
}

export function toEvent(row: EventRow): JobEvent {
  return {
    id: toEventId(row.id),
    type: row.type,
    level: row.level,
    message: row.message,
    at: row.at.toISOString(),
    data: row.data,
  };
}
