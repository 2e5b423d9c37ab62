import { z } from 'zod';
import { afterWarmup, defineSchedule, warmupField } from './define-schedule.ts';

export const cosine = defineSchedule({
  id: 'cosine',
  summary: 'Falls from the peak along half a cosine',
  paper: 'Loshchilov & Hutter, SGDR: stochastic gradient descent with warm restarts, ICLR 2017 (without restarts)',
  config: z.strictObject({
    type: z.literal('cosine'),
    ...warmupField,
    final: z.number().min(0).max(1).default(0).describe('Share of the peak at the end'),
  }),
  create: ({ warmupEpochs, final }) =>
    afterWarmup(warmupEpochs, (share) => final + ((1 - final) * (1 + Math.cos(Math.PI * share))) / 2),
});
