import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { adamKernel, adamMoments, adamSlots } from './adam-moments.ts';
import { defineOptimizer } from './define-optimizer.ts';
import { gradientDecay, withDecay } from './weight-decay.ts';

export const adam = defineOptimizer({
  id: 'adam',
  summary: 'Adam: steps scaled by running moments of the gradient',
  paper: 'Kingma & Ba, Adam: a method for stochastic optimization, ICLR 2015',
  config: z.strictObject({
    type: z.literal('adam'),
    learningRate: z.number().positive().default(0.001).describe('Peak of the schedule; 0.001 is the paper’s'),
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.999),
    epsilon: z.number().positive().default(1e-8),
    weightDecay: gradientDecay,
  }),
  create({ weightDecay, ...settings }) {
    return {
      slots: adamSlots,
      update({ parameter, gradient, slots, learningRate, step }) {
        const moments = adamMoments(settings, { gradient: withDecay(gradient, parameter, weightDecay), slots, step });
        return { parameter: tf.sub(parameter, tf.mul(learningRate, moments.direction)), slots: moments.slots };
      },
      kernels({ parameter, gradient, learningRate, step }) {
        return [adamKernel(settings, { gradient: withDecay(gradient, parameter, weightDecay), learningRate, step })];
      },
    };
  },
});
