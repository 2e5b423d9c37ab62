import type { JobEvent, Page } from '@scion/schema';
import { createAlarm } from './alarm.ts';

export type EventSource = {
  /** Events after one id, oldest first. */
  listEvents(query: { after?: string | undefined; limit: number }): Promise<Page<JobEvent>>;
  /** Calls back at every change of the job; gives the function that ends this. */
  onChange(listener: () => void): () => void;
};

/** A comment line this often tells proxies and clients that the connection lives, and bounds the wait for a lost notification. */
const defaultHeartbeatMs = 15_000;

const replayLimit = 500;

const terminalTypes: ReadonlySet<string> = new Set(['job.succeeded', 'job.failed', 'job.cancelled']);

function isTerminalEvent(event: JobEvent): boolean {
  return terminalTypes.has(event.type);
}

/**
 * A job's events in the server-sent events format: those after `after`, then each as it happens. After the event that ends the job
 * comes one of type `end`, without an id, and the stream is over. Without it, the connection was lost: go on from the last id.
 */
export async function* streamJobEvents({
  source,
  after,
  signal,
  heartbeatMs = defaultHeartbeatMs,
}: {
  source: EventSource;
  after: string | undefined;
  signal: AbortSignal;
  heartbeatMs?: number | undefined;
}): AsyncGenerator<string> {
  const alarm = createAlarm();
  // Listening starts before the first read, so that nothing falls between the two.
  const stopListening = source.onChange(alarm.ring);
  try {
    yield 'retry: 1000\n\n';
    let lastId = after;
    while (!signal.aborted) {
      const page = await source.listEvents({ after: lastId, limit: replayLimit });
      for (const event of page.data) {
        yield frame(event);
        lastId = event.id;
        if (isTerminalEvent(event)) {
          yield 'event: end\ndata: {}\n\n';
          return;
        }
      }
      if (page.hasMore) continue;
      const changed = await alarm.sleep(heartbeatMs, signal);
      if (!changed && !signal.aborted) yield ': heartbeat\n\n';
    }
  } finally {
    stopListening();
  }
}

function frame(event: JobEvent): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
