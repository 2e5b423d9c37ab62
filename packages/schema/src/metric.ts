import { z } from 'zod';

/** One named number at an optimizer step, such as `train/loss` or `test/accuracy`. */
export const MetricPoint = z.strictObject({ step: z.int(), name: z.string(), value: z.number() });
export type MetricPoint = z.infer<typeof MetricPoint>;

export const MetricColumns = z.strictObject({
  data: z.record(z.string(), z.strictObject({ step: z.array(z.int()), value: z.array(z.number()) })),
});
export type MetricColumns = z.infer<typeof MetricColumns>;

export const MetricsQuery = z.strictObject({
  every: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('Keep one point in every so many of each series (and always the last)'),
});
export type MetricsQuery = z.infer<typeof MetricsQuery>;
