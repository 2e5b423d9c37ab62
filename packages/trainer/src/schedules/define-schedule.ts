import { z } from 'zod';
import type { RegistryEntry } from '../registry.ts';

/** Where a run stands. `step` counts from 0; epochs may be fractions. */
export type SchedulePoint = { step: number; totalSteps: number; stepsPerEpoch: number };

/** The factor on the peak learning rate at a step: a pure function of where the run stands. */
export type Schedule = (point: SchedulePoint) => number;

export type ScheduleEntry = RegistryEntry & { create(config: unknown): Schedule };

type Config<Id extends string> = z.ZodObject<{ type: z.ZodLiteral<Id> } & z.core.$ZodLooseShape>;

export function defineSchedule<Id extends string, C extends Config<Id>>(declaration: {
  id: Id;
  summary: string;
  paper?: string;
  config: C;
  create(config: z.output<C>): Schedule;
}) {
  return { ...declaration, create: (config: unknown) => declaration.create(declaration.config.parse(config)) };
}

export const warmupField = {
  warmupEpochs: z
    .number()
    .min(0)
    .default(0)
    .describe('The rate rises linearly from 0 over this many epochs first (Goyal et al., 2017)'),
};

/** Linear warm-up, then `rest` over the remaining steps, given the share of them that has passed. */
export function afterWarmup(warmupEpochs: number, rest: (share: number, point: SchedulePoint) => number): Schedule {
  return (point) => {
    const warmupSteps = Math.min(warmupEpochs * point.stepsPerEpoch, point.totalSteps);
    if (point.step < warmupSteps) return (point.step + 1) / warmupSteps;
    return rest((point.step - warmupSteps) / Math.max(point.totalSteps - warmupSteps, 1), point);
  };
}
