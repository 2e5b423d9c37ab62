import { z } from 'zod';
import { ApiKeyId } from './id.ts';
import { PageQuery } from './page.ts';

/** One request that changed something, or tried to. */
export const AuditEntry = z
  .strictObject({
    id: z.string().describe('Ids sort in the order of the requests'),
    at: z.iso.datetime(),
    key: ApiKeyId.nullable().describe('Whose key it came with; null for none, where none is needed'),
    project: z.string(),
    action: z.string().describe('The method and the route, such as `POST /v1/jobs`'),
    record: z.string().nullable().describe('Id of the record that it was about, or made'),
    status: z.int().nullable().describe('Of the answer; null where the server ended before it answered'),
    requestId: z.string().describe('Also in the answer, as `x-request-id`, and in the log'),
    address: z.string().describe('Where the request came from'),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;

/** Newest first. */
export const ListAudit = PageQuery.extend({ project: z.string().max(64).optional(), key: ApiKeyId.optional() });
export type ListAudit = z.infer<typeof ListAudit>;
