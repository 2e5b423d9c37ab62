import { JobEvent } from '@scion/schema';
import { parseServerSentEvents } from './server-sent-events.ts';
import { backoffMs, isTransientFailure } from './transient-failure.ts';
import type { Transport } from './transport.ts';
import { wait } from './wait.ts';

export type FollowOptions = {
  /** Id of the last event that is known already. */
  after?: string | undefined;
  signal?: AbortSignal | undefined;
};

/**
 * The events of a job, old ones first, then each as it happens, until the job has ended. A lost connection is taken up again
 * after the last event seen, so none is missed and none comes twice.
 */
export async function* followJobEvents(transport: Transport, path: string, options: FollowOptions): AsyncGenerator<JobEvent> {
  let lastId = options.after;
  let failures = 0;
  for (;;) {
    try {
      const response = await transport.send(path, {
        signal: options.signal,
        headers: { accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'last-event-id': lastId }) },
      });
      // 204: the job has ended and nothing came after the last event seen.
      if (response.status === 204 || response.body === null) return;
      for await (const message of parseServerSentEvents(response.body)) {
        if (message.event === 'end') return;
        const event = JobEvent.parse(JSON.parse(message.data));
        lastId = event.id;
        failures = 0;
        yield event;
      }
    } catch (error) {
      if (!isTransientFailure(error)) throw error;
    }
    failures += 1;
    await wait(backoffMs(failures), options.signal);
  }
}
