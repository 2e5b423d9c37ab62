import { z } from 'zod';
import type { Method, MethodContext } from '../define-method.ts';
import { taskTraining } from '../task-training.ts';
import { type batchNormSetting, withBatchNorm } from './batch-norm.ts';

export const probeSettings = {
  probeShare: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.5)
    .describe(
      "Share of the run's steps in which the head alone is trained; half and half, where the paper trains each to its end",
    ),
  probeRate: z
    .number()
    .positive()
    .default(10)
    .describe('Factor on the learning rate meanwhile: a head on frozen features takes 3 to 10 times the rate of a whole network'),
};

type ProbeFirst = { probeShare: number; probeRate: number; batchNorm: z.output<typeof batchNormSetting> };

/** First the head on frozen features, then everything. The head is the same in both. */
export function probeFirst(context: MethodContext, { probeShare, probeRate, batchNorm }: ProbeFirst): Method {
  const probe = taskTraining(context, { freezeBackbone: true });
  const whole = withBatchNorm(taskTraining(context, { freezeBackbone: false }), context, batchNorm);
  return {
    ...whole,
    phases: [
      { from: 0, isTrainable: probe.isTrainable, step: probe.step, rate: probeRate },
      { from: probeShare, isTrainable: whole.isTrainable, step: whole.step },
    ],
  };
}
