import { z } from 'zod';
import { afterWarmup, defineSchedule, warmupField } from './define-schedule.ts';

export const constant = defineSchedule({
  id: 'constant',
  summary: 'The same learning rate throughout',
  config: z.strictObject({ type: z.literal('constant'), ...warmupField }),
  create: ({ warmupEpochs }) => afterWarmup(warmupEpochs, () => 1),
});
