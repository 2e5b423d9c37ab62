import type { AuditService } from '@scion/jobs';
import { z } from 'zod';
import type { App } from '../app-instance.ts';
import { accessTo } from './authentication.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The number of the line in the audit log, for a request that changes something. */
    auditEntry: number | null;
  }
}

const NamedRecord = z.object({ id: z.string().optional(), tag: z.string().optional() });

/**
 * Writes a line for each request that is about to change something, and then how it ended. The line comes first, so that a server
 * which is killed in between has it; where it cannot be written, nothing is changed.
 */
export function useAudit(app: App, services: { audit: AuditService }): void {
  app.decorateRequest('auditEntry', null);

  app.addHook('preHandler', async (request) => {
    const access = accessTo(request);
    const changes = request.method !== 'GET' && request.method !== 'HEAD' && access !== 'read' && access !== 'any';
    if (!changes) return;
    const { id, tag } = NamedRecord.safeParse(request.params).data ?? {};
    request.auditEntry = await services.audit.begin({
      key: request.caller.key?.id ?? null,
      project: request.caller.scope.project,
      action: `${request.method} ${request.routeOptions.url ?? ''}`,
      record: id ?? tag ?? null,
      requestId: request.id,
      address: request.ip,
    });
  });

  // Before the answer goes out: who has the answer finds the whole line.
  app.addHook('onSend', async (request, reply) => {
    if (request.auditEntry === null) return;
    const location = String(reply.getHeader('location') ?? '');
    const made = location.split('/').at(-1);
    const record = made === '' ? undefined : made;
    await services.audit
      .end(request.auditEntry, { status: reply.statusCode, record })
      .catch((error: unknown) => request.log.error({ err: error, entry: request.auditEntry }, 'audit line not finished'));
  });
}
