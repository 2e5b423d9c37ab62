import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { everyTask } from '../../tasks/index.ts';
import { defineMethod } from '../define-method.ts';
import { batchNormSetting } from './batch-norm.ts';
import { probeFirst, probeSettings } from './probe-first.ts';
import { startingPoint, startName } from './starting-point.ts';
import { isOneOf } from './train-part.ts';

export const wiseFt = defineMethod({
  id: 'wise-ft',
  summary: 'As lp-ft, but the model lies between the linear probe and what training everything made of it',
  paper: 'Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022',
  config: z.strictObject({
    type: z.literal('wise-ft'),
    alpha: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('0: the linear probe, 1: the finetuned network; 0.5 is the advice of the paper where nothing is known'),
    ...probeSettings,
    batchNorm: batchNormSetting,
  }),
  tiny: { probeRate: 1 }, // at ten times the rate a few images are learnt by heart before the backbone's turn
  takesMixedLabels: true,
  tasks: everyTask,
  create({ alpha, ...settings }, context) {
    const method = probeFirst(context, settings);
    const head = method.parameters;
    const start = startingPoint([...context.backbone.parameters, ...head]);
    const isStart = isOneOf(start);
    const isOfHead = isOneOf(head.map(({ name }) => ({ name: startName(name) })));
    return {
      ...method,
      parameters: [...head, ...start],
      isTrainable: (name) => (isStart(name) ? isOfHead(name) : method.isTrainable(name)),
      // The probe's head is what the head is when the probe ends.
      followers: {
        pairs: head.map(({ name }) => ({ name: startName(name), leader: name })),
        momentum: (progress) => tf.cast(tf.greaterEqual(progress, settings.probeShare), 'float32'),
      },
      modelValue: (name, read) => between(read(startName(name)), read(name), alpha),
    };
  },
});

/** start + alpha · (end - start) */
export function between(start: tf.Tensor, end: tf.Tensor, alpha: number): tf.Tensor {
  return tf.add(start, tf.mul(alpha, tf.sub(end, start)));
}
