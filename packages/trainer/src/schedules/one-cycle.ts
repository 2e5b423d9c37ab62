import { z } from 'zod';
import { defineSchedule } from './define-schedule.ts';

const startDivisor = 25; // of the peak; 25 and 10,000 are fast.ai's and PyTorch's defaults
const endDivisor = 1e4;

export const oneCycle = defineSchedule({
  id: 'oneCycle',
  summary: 'Rises to the peak and falls far below its start, along cosines',
  paper: 'Smith & Topin, Super-convergence, 2018',
  config: z.strictObject({
    type: z.literal('oneCycle'),
    rise: z.number().gt(0).lt(1).default(0.3).describe('Share of the steps that rise'),
  }),
  create: ({ rise }) => {
    const between = (from: number, to: number, share: number) => to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
    return ({ step, totalSteps }) => {
      const share = step / Math.max(totalSteps - 1, 1);
      if (share < rise) return between(1 / startDivisor, 1, share / rise);
      return between(1, 1 / (startDivisor * endDivisor), (share - rise) / (1 - rise));
    };
  },
});
