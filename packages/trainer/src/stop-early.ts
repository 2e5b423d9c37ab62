import { z } from 'zod';

/** When a run ends before its time, and by which numbers its best model is known. */
export const StopEarly = z.strictObject({
  metric: z
    .string()
    .min(1)
    .max(200)
    .describe('Such as `test/knnAccuracy`, `test/accuracy` or `train/loss`: any number of an epoch'),
  patience: z.int().min(1).max(1_000_000).default(5).describe('Epochs in a row that were measured without a better value'),
  mode: z.enum(['max', 'min']).default('max').describe('Whether higher or lower is better'),
});
export type StopEarly = z.infer<typeof StopEarly>;
