import { z } from 'zod';
import { classification } from '../classification.ts';
import { defineMethod } from '../define-method.ts';

export const supervised = defineMethod({
  id: 'supervised',
  summary: 'Classify the labelled examples; the backbone is what is kept',
  config: z.strictObject({ type: z.literal('supervised') }),
  takesMixedLabels: true,
  create: (_config, context) => classification(context, { freezeBackbone: false }),
});
