import rateLimit from '@fastify/rate-limit';
import { ScionError } from '@scion/schema';
import type { FastifyRequest } from 'fastify';
import type { App } from '../app-instance.ts';
import { createOpenCount } from '../limits/open-count.ts';
import type { ServerLimits } from '../limits/server-limits.ts';
import { accepts } from '../negotiation.ts';
import { accessTo } from './authentication.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the request counts as; left out, as its `access` says. */
    rate?: 'read' | 'change';
    /** What the request holds while it lasts, if it is one. */
    holds?: 'upload' | 'stream';
  }
}

const windowMs = 60_000;

/**
 * Counts the requests of each key in this process, and tells clients how many are left (`RateLimit-*`). Whoever needs no key is the
 * machine's own user, who is not counted.
 */
export async function useRateLimits(app: App, { perMinute }: ServerLimits): Promise<void> {
  const rateOf = (request: FastifyRequest) => {
    const { rate } = request.routeOptions.config;
    const access = accessTo(request);
    return rate ?? (access === 'read' || access === 'any' ? 'read' : 'change');
  };
  await app.register(rateLimit, {
    enableDraftSpec: true,
    timeWindow: windowMs,
    max: (request) => (rateOf(request) === 'read' ? perMinute.reads : perMinute.changes),
    keyGenerator: (request) => `${rateOf(request)} ${request.caller.key?.id ?? ''}`,
    allowList: (request) => request.caller.key === null,
    errorResponseBuilder: (_request, { max, after }) =>
      new ScionError('rateLimited', `The key has made ${max} such requests within a minute: try again in ${after}`),
  });
}

/** Keeps one key from holding more uploads, or event streams, open than it may. Call after authentication. */
export function useConcurrencyLimits(app: App, { atOnce }: ServerLimits): void {
  const open = createOpenCount();
  const mayHave = { upload: atOnce.uploads, stream: atOnce.streams };

  app.addHook('onRequest', async (request, reply) => {
    const { holds } = request.routeOptions.config;
    const { key } = request.caller;
    if (holds === undefined || key === null || !isHeld(request, holds)) return;
    const place = `${holds} ${key.id}`;
    if (open.of(place) >= mayHave[holds]) {
      throw new ScionError('rateLimited', `The key has ${mayHave[holds]} ${holds}s open, the most that it may`);
    }
    open.hold(place, reply.raw);
  });
}

/** The same routes also take JSON bodies, and give pages of events, which are over at once. */
function isHeld(request: FastifyRequest, holds: 'upload' | 'stream'): boolean {
  if (holds === 'stream') return accepts(request, ['application/json', 'text/event-stream']) === 'text/event-stream';
  return !/^application\/json/i.test(request.headers['content-type'] ?? '');
}
