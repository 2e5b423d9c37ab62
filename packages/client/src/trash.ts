import { pageOf, TrashEntry } from '@scion/schema';
import type { PageOptions } from './jobs.ts';
import type { CallOptions, Transport } from './transport.ts';

const TrashPage = pageOf(TrashEntry);

/** What was deleted and can be restored for a time. */
export function createTrashCalls(transport: Transport) {
  return {
    async list(page: PageOptions = {}, options: CallOptions = {}) {
      return await transport.getJson(TrashPage, 'v1/trash', { ...options, query: page });
    },

    async restore(id: string, options: CallOptions = {}): Promise<void> {
      await transport.send(`v1/trash/${encodeURIComponent(id)}/restore`, { ...options, method: 'POST' });
    },
  };
}
