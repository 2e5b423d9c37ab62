import { TagLimit, TagLimits } from '@scion/schema';
import type { CallOptions, Transport } from './transport.ts';

/** How many jobs of a tag may run at once. */
export function createLimitCalls(transport: Transport) {
  const pathOf = (tag: string) => `v1/limits/${encodeURIComponent(tag)}`;

  return {
    async list(options: CallOptions = {}): Promise<TagLimit[]> {
      return (await transport.getJson(TagLimits, 'v1/limits', options)).data;
    },

    async set(tag: string, maxRunning: number, options: CallOptions = {}): Promise<TagLimit> {
      return await transport.getJson(TagLimit, pathOf(tag), {
        ...options,
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ maxRunning }),
      });
    },

    async remove(tag: string, options: CallOptions = {}): Promise<void> {
      await transport.send(pathOf(tag), { ...options, method: 'DELETE' });
    },
  };
}
