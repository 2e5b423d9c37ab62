import { z } from 'zod';
import { everyTask } from '../../tasks/index.ts';
import { defineMethod } from '../define-method.ts';
import { taskTraining } from '../task-training.ts';
import { batchNormSetting, withBatchNorm } from './batch-norm.ts';
import { decayedRates, layerDecaySetting } from './layer-decay.ts';

export const full = defineMethod({
  id: 'full',
  summary: 'Train every parameter, with a new head',
  config: z.strictObject({ type: z.literal('full'), batchNorm: batchNormSetting, layerDecay: layerDecaySetting }),
  takesMixedLabels: true,
  tasks: everyTask,
  create({ batchNorm, layerDecay }, context) {
    const method = taskTraining(context, { freezeBackbone: false });
    return withBatchNorm({ ...method, rateFactor: decayedRates(context.backbone, layerDecay) }, context, batchNorm);
  },
});
