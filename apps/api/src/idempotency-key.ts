import { createHash } from 'node:crypto';
import type { Idempotency } from '@scion/jobs';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';

/** The headers of a POST whose repetition must not do a thing twice. */
export const IdempotencyHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe(
      'Any text of your own. The same request sent again with it gets the answer of the first time, and does nothing more',
    ),
});

type IdempotentRequest = { headers: z.infer<typeof IdempotencyHeaders>; body: unknown };

/** The key, with a hash of the body as parsed, so that spaces and defaults written out do not make another request. */
export function idempotencyOf({ headers, body }: IdempotentRequest): Idempotency | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  return {
    key,
    bodyHash: createHash('sha256')
      .update(JSON.stringify(body ?? null))
      .digest('hex'),
  };
}

export function markReplayed(reply: FastifyReply, replayed: boolean): void {
  if (replayed) void reply.header('idempotency-replayed', 'true');
}
