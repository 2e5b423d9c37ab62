import { z } from 'zod';

/** How many jobs with a tag may run at once. The others wait, and those behind them go first. */
export const TagLimit = z
  .strictObject({
    tag: z.string().min(1).max(64),
    maxRunning: z.int().min(0).max(1_000_000).describe('0 lets none start'),
    running: z.int().describe('How many run now'),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'TagLimit' });
export type TagLimit = z.infer<typeof TagLimit>;

export const SetTagLimit = TagLimit.pick({ maxRunning: true }).meta({ id: 'SetTagLimit' });
export type SetTagLimit = z.infer<typeof SetTagLimit>;

export const TagLimits = z.strictObject({ data: z.array(TagLimit) }).meta({ id: 'TagLimits' });
export type TagLimits = z.infer<typeof TagLimits>;
