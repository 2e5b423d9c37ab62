import type { ProjectServices, Services } from '@scion/jobs';
import { type KeyScope, ScionError } from '@scion/schema';
import type { FastifyRequest } from 'fastify';
import { type Caller, callerOf } from '../access/caller.ts';
import type { App } from '../app-instance.ts';
import type { ServerLimits } from '../limits/server-limits.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key needs for the route, `any` for no more than to be one. Left out, `read` for GET and `submit` for all else. */
    access?: KeyScope | 'any';
  }
  interface FastifyRequest {
    /** Set on every route that needs a key, or would need one. */
    caller: Caller;
    /** The records of the caller's project. */
    services: ProjectServices;
  }
}

/**
 * Asks each request for its key before anything else is done with it. Routes get at records through `request.services` alone, which
 * finds those of the key's project. A key that does not work is refused even where none is needed.
 */
export function useAuthentication(
  app: App,
  { services, limits }: { services: Pick<Services, 'keys' | 'forProject'>; limits: ServerLimits },
): void {
  const countFailure = app.createRateLimit({
    max: limits.perMinute.failedLogins,
    timeWindow: 60_000,
    keyGenerator: (request) => request.ip,
    allowList: [],
  });

  const identify = async (request: FastifyRequest): Promise<Caller> => {
    const token = bearerToken(request.headers.authorization);
    if (token === null && !limits.requiresKey) return callerOf(null, limits.quotas);
    const key = token === null ? null : await services.keys.authenticate(token);
    if (key !== null) return callerOf(key, limits.quotas);
    const failures = await countFailure(request);
    if (!failures.isAllowed && failures.isExceeded) {
      throw new ScionError('rateLimited', 'Too many requests without a key that works came from this address');
    }
    const why = token === null ? 'Send one as `Authorization: Bearer scion_…`' : 'This one is wrong, has expired or was revoked';
    throw new ScionError('unauthenticated', `The server needs an API key. ${why}`);
  };

  app.decorateRequest('caller');
  app.decorateRequest('services');
  app.addHook('onRequest', async (request, reply) => {
    request.caller = await identify(request).catch((error: unknown) => {
      void reply.header('www-authenticate', 'Bearer realm="scion"');
      throw error;
    });
    request.services = services.forProject(request.caller.scope);
    const needed = accessTo(request);
    const { key } = request.caller;
    if (needed === 'any' || key === null || key.scopes.includes(needed)) return;
    throw new ScionError('forbidden', `The key ${key.id} may not do this: it lacks the scope ${needed}`);
  });
}

/** What a key needs for the route that a request goes to. */
export function accessTo({ method, routeOptions }: FastifyRequest): KeyScope | 'any' {
  return routeOptions.config.access ?? (method === 'GET' || method === 'HEAD' ? 'read' : 'submit');
}

/** Null where the request has none; what is no bearer token counts as a wrong one. */
function bearerToken(header: string | undefined): string | null {
  if (header === undefined) return null;
  return /^Bearer +([^ ]+) *$/i.exec(header)?.[1] ?? '';
}
