import { z } from 'zod';
import { classification } from '../classification.ts';
import { defineMethod } from '../define-method.ts';
import { batchNormSetting, withBatchNorm } from './batch-norm.ts';
import { decayedRates, layerDecaySetting } from './layer-decay.ts';

export const full = defineMethod({
  id: 'full',
  summary: 'Train every parameter, with a new head',
  config: z.strictObject({ type: z.literal('full'), batchNorm: batchNormSetting, layerDecay: layerDecaySetting }),
  takesMixedLabels: true,
  create({ batchNorm, layerDecay }, context) {
    const method = classification(context, { freezeBackbone: false });
    return withBatchNorm({ ...method, rateFactor: decayedRates(context.backbone, layerDecay) }, context, batchNorm);
  },
});
