import type { ScionClient } from '@scion/client';
import type { JobEvent } from '@scion/schema';

const pageLimit = 1000;

/** The events of one job, fetched a page at a time and never twice. */
export function createEventLog(client: ScionClient, jobId: string) {
  const events: JobEvent[] = [];
  return {
    jobId,
    /** Fetches what is new and gives the newest `count` events, newest first. */
    async newest(count: number): Promise<JobEvent[]> {
      for (let hasMore = true; hasMore; ) {
        const last = events.at(-1);
        const page = await client.jobs.listEvents(jobId, { limit: pageLimit, ...(last === undefined ? {} : { after: last.id }) });
        events.push(...page.data);
        hasMore = page.hasMore;
      }
      return events.slice(-count).reverse();
    },
  };
}
