import { createHash } from 'node:crypto';
import type { App } from '../app-instance.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers carry a weak ETag of their body, and 304 where the client has that body already. */
    etag?: boolean;
  }
}

/** Serves the routes with `config.etag`: a poll of an unchanged record costs the client no body. */
export function useEtags(app: App): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.routeOptions.config.etag !== true || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    const etag = etagOf(payload);
    void reply.header('etag', etag).header('cache-control', 'no-cache');
    if (!hasEtag(request.headers['if-none-match'], etag)) return payload;
    void reply.code(304).removeHeader('content-length').removeHeader('content-type');
    return null;
  });
}

/** The weak ETag of a body as it is sent. */
export function etagOf(payload: string): string {
  return `W/"${createHash('sha256').update(payload).digest('base64url').slice(0, 27)}"`;
}

/** `If-None-Match` compares weakly: a `W/` in front does not count. */
export function hasEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const strip = (tag: string) => tag.trim().replace(/^W\//, '');
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => strip(tag) === strip(etag));
}
