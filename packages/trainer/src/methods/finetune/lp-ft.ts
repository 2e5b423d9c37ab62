import { z } from 'zod';
import { everyTask } from '../../tasks/index.ts';
import { defineMethod } from '../define-method.ts';
import { batchNormSetting } from './batch-norm.ts';
import { probeFirst, probeSettings } from './probe-first.ts';

export const lpFt = defineMethod({
  id: 'lp-ft',
  summary: 'First a linear probe, then train everything from there: a random head does not distort the features',
  paper: 'Kumar et al., Fine-tuning can distort pretrained features and underperform out-of-distribution, ICLR 2022',
  config: z.strictObject({ type: z.literal('lp-ft'), ...probeSettings, batchNorm: batchNormSetting }),
  tiny: { probeRate: 1 }, // at ten times the rate a few images are learnt by heart before the backbone's turn
  takesMixedLabels: true,
  tasks: everyTask,
  create: (settings, context) => probeFirst(context, settings),
});
