import { z } from 'zod';
import { classification } from '../classification.ts';
import { defineMethod } from '../define-method.ts';

export const full = defineMethod({
  id: 'full',
  summary: 'Train every parameter, with a new head',
  config: z.strictObject({ type: z.literal('full') }),
  takesMixedLabels: true,
  create: (_config, context) => classification(context, { freezeBackbone: false }),
});
