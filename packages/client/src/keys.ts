import {
  ApiKey,
  AuditEntry,
  type CreateApiKeyInput,
  type ListApiKeys,
  type ListAudit,
  NewApiKey,
  pageOf,
  type RotateApiKeyInput,
} from '@scion/schema';
import type { CallOptions, Transport } from './transport.ts';

const KeyPage = pageOf(ApiKey);
const AuditPage = pageOf(AuditEntry);

/** The keys that open the server. All but `current` need a key with the scope `admin`. */
export function createKeyCalls(transport: Transport) {
  const pathOf = (id: string) => `v1/keys/${encodeURIComponent(id)}`;

  return {
    /** The answer holds the key, which the server cannot show again. */
    async create(key: CreateApiKeyInput, options: CallOptions = {}): Promise<NewApiKey> {
      return await transport.postJson(NewApiKey, 'v1/keys', { ...options, json: key });
    },

    async list(query: Partial<ListApiKeys> = {}, options: CallOptions = {}) {
      return await transport.getJson(KeyPage, 'v1/keys', { ...options, query });
    },

    /** The key that this client sends. */
    async current(options: CallOptions = {}): Promise<ApiKey> {
      return await transport.getJson(ApiKey, 'v1/keys/current', options);
    },

    async revoke(id: string, options: CallOptions = {}): Promise<void> {
      await transport.send(pathOf(id), { ...options, method: 'DELETE' });
    },

    /** A new key in the place of one that goes on working for `graceMinutes`. */
    async rotate(id: string, how: RotateApiKeyInput = {}, options: CallOptions = {}): Promise<NewApiKey> {
      return await transport.postJson(NewApiKey, `${pathOf(id)}/rotate`, { ...options, json: how });
    },

    /** Who changed what, newest first. */
    async audit(query: Partial<ListAudit> = {}, options: CallOptions = {}) {
      return await transport.getJson(AuditPage, 'v1/audit', { ...options, query });
    },
  };
}
