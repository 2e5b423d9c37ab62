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
    warmupEpochs: z.number().min(0).default(0).describe('Epochs that rise, in place of the share `rise`; 0: the share'),
  }),
  create: ({ rise, warmupEpochs }) => {
    const between = (from: number, to: number, share: number) => to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
    return ({ step, totalSteps, stepsPerEpoch }) => {
      const lastStep = Math.max(totalSteps - 1, 1);
      const share = step / lastStep;
      const rising = warmupEpochs > 0 ? Math.min((warmupEpochs * stepsPerEpoch) / lastStep, 1) : rise;
      if (share < rising) return between(1 / startDivisor, 1, share / rising);
      return rising < 1 ? between(1, 1 / (startDivisor * endDivisor), (share - rising) / (1 - rising)) : 1;
    };
  },
});
