import { DatasetReport } from '@scion/schema';
import { z } from 'zod';

/** Parent to pack process: the one task of the process's life. */
export const PackCommand = z.strictObject({
  type: z.literal('start'),
  uploadPath: z.string(),
  fileName: z.string(),
  format: z.string(),
  outDir: z.string(),
});
export type PackCommand = z.infer<typeof PackCommand>;

/** Pack process to parent. `ready` comes once, before a command is taken; `packed` or `failed` is the last message. */
export const PackMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('progress'), examples: z.int() }),
  z.strictObject({ type: z.literal('packed'), report: DatasetReport }),
  z.strictObject({
    type: z.literal('failed'),
    code: z.string().describe('A key of the error catalogue'),
    message: z.string(),
    details: z.array(z.strictObject({ path: z.string(), message: z.string() })),
  }),
]);
export type PackMessage = z.infer<typeof PackMessage>;
