import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineOptimizer } from './define-optimizer.ts';
import { decayOfWeights, decaysWeightsAlone, decoupledDecay } from './weight-decay.ts';

/** θ ← (1 - ηλ) θ - η sign(β1 m + (1 - β1) g), m ← β2 m + (1 - β2) g. */
export const lion = defineOptimizer({
  id: 'lion',
  summary: 'Steps of one size, in the direction of the momentum’s signs',
  paper: 'Chen et al., Symbolic discovery of optimization algorithms, NeurIPS 2023',
  config: z.strictObject({
    type: z.literal('lion'),
    learningRate: z
      .number()
      .positive()
      .default(1e-4)
      .describe('Peak of the schedule; a third to a tenth of what suits AdamW, as the paper has it'),
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.99),
    weightDecay: z
      .number()
      .min(0)
      .default(0)
      .describe(`θ shrinks by learningRate · weightDecay each step; 3 to 10 times that of AdamW. ${decaysWeightsAlone}`),
  }),
  create(config, trained) {
    const { beta1, beta2 } = config;
    const weightDecay = decayOfWeights(config.weightDecay, trained);
    return {
      slots: ['momentum'],
      update({ parameter, gradient, slots: [momentum = tf.zerosLike(parameter)], learningRate }) {
        const direction = tf.sign(tf.add(tf.mul(momentum, beta1), tf.mul(gradient, 1 - beta1)));
        const decayed = decoupledDecay(parameter, learningRate, weightDecay);
        const next = tf.add(tf.mul(momentum, beta2), tf.mul(gradient, 1 - beta2));
        return { parameter: tf.sub(decayed, tf.mul(learningRate, direction)), slots: [next] };
      },
    };
  },
});
