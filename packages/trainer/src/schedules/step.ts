import { z } from 'zod';
import { afterWarmup, defineSchedule, warmupField } from './define-schedule.ts';

export const step = defineSchedule({
  id: 'step',
  summary: 'Multiplied by a factor at given epochs',
  config: z.strictObject({
    type: z.literal('step'),
    ...warmupField,
    epochs: z.array(z.number().positive()).min(1).describe('Epochs at which the rate falls'),
    factor: z.number().gt(0).max(1).default(0.1).describe('0.1: He et al., 2016'),
  }),
  create: ({ warmupEpochs, epochs, factor }) =>
    afterWarmup(
      warmupEpochs,
      (_share, point) => factor ** epochs.filter((epoch) => point.step / point.stepsPerEpoch >= epoch).length,
    ),
});
