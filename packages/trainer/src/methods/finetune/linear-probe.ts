import { z } from 'zod';
import { classification } from '../classification.ts';
import { defineMethod } from '../define-method.ts';

export const linearProbe = defineMethod({
  id: 'linear-probe',
  summary: 'Train a new linear head on frozen features',
  paper: 'Alain & Bengio, Understanding intermediate layers using linear classifier probes, 2016',
  config: z.strictObject({ type: z.literal('linear-probe') }),
  takesMixedLabels: true,
  create: (_config, context) => classification(context, { freezeBackbone: true }),
});
