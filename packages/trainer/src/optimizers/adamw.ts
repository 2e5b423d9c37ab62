import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { type AdamSettings, adamKernel, adamMoments, adamSlots } from './adam-moments.ts';
import { defineOptimizer, type UpdateRule } from './define-optimizer.ts';
import { decayOfWeights, decaysWeightsAlone, decoupledDecay } from './weight-decay.ts';

/** θ ← (1 - ηλ) θ, then Adam's step. */
export function adamwRule(settings: AdamSettings & { weightDecay: number }) {
  const { weightDecay } = settings;
  return {
    slots: adamSlots,
    update({ parameter, gradient, slots, learningRate, step }) {
      const moments = adamMoments(settings, { gradient, slots, step });
      const decayed = decoupledDecay(parameter, learningRate, weightDecay);
      return { parameter: tf.sub(decayed, tf.mul(learningRate, moments.direction)), slots: moments.slots };
    },
    kernels({ parameter, gradient, learningRate, step }) {
      const adam = adamKernel(settings, { gradient, learningRate, step });
      if (weightDecay === 0) return [adam];
      const operands = [tf.mul(learningRate, weightDecay), parameter];
      return [{ op: 'ResourceApplyGradientDescent', slots: [], operands }, adam];
    },
  } satisfies UpdateRule;
}

export const adamw = defineOptimizer({
  id: 'adamw',
  summary: 'Adam with weight decay apart from the gradient',
  paper: 'Loshchilov & Hutter, Decoupled weight decay regularization, ICLR 2019',
  config: z.strictObject({
    type: z.literal('adamw'),
    learningRate: z.number().positive().default(0.001).describe("Peak of the schedule; 0.001 is Adam's and PyTorch's"),
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.999),
    epsilon: z.number().positive().default(1e-8),
    weightDecay: z
      .number()
      .min(0)
      .default(0.01)
      .describe(`θ shrinks by learningRate · weightDecay each step. ${decaysWeightsAlone}. 0.01: PyTorch`),
  }),
  create: ({ weightDecay, ...settings }, parameter) =>
    adamwRule({ ...settings, weightDecay: decayOfWeights(weightDecay, parameter) }),
});
