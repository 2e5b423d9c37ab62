import { z } from 'zod';

/** The process answers. Says nothing about its database; `/readyz` does. */
export const Health = z.strictObject({ status: z.literal('ok'), version: z.string() }).meta({ id: 'Health' });
export type Health = z.infer<typeof Health>;

/** Whether each part that requests need is reachable. */
export const Readiness = z
  .strictObject({
    status: z.enum(['ready', 'unready']),
    checks: z.record(z.string(), z.strictObject({ ok: z.boolean(), message: z.string() })),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof Readiness>;
