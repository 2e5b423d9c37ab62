import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineOptimizer } from './define-optimizer.ts';
import { gradientDecay, withDecay } from './weight-decay.ts';

export const adagrad = defineOptimizer({
  id: 'adagrad',
  summary: 'Steps divided by the root of all squared gradients so far',
  paper: 'Duchi, Hazan & Singer, Adaptive subgradient methods for online learning, JMLR 2011',
  config: z.strictObject({
    type: z.literal('adagrad'),
    learningRate: z.number().positive().default(0.01).describe('Peak of the schedule; 0.01 is PyTorch’s'),
    epsilon: z.number().positive().default(1e-10).describe('1e-10: PyTorch'),
    weightDecay: gradientDecay,
  }),
  create({ epsilon, weightDecay }) {
    return {
      slots: ['squareSum'],
      update({ parameter, gradient, slots: [squareSum = tf.zerosLike(parameter)], learningRate }) {
        const g = withDecay(gradient, parameter, weightDecay);
        const sum = tf.add(squareSum, tf.square(g));
        const change = tf.mul(learningRate, tf.div(g, tf.add(tf.sqrt(sum), epsilon)));
        return { parameter: tf.sub(parameter, change), slots: [sum] };
      },
      kernels({ parameter, gradient, learningRate }) {
        const operands = [learningRate, tf.scalar(epsilon), withDecay(gradient, parameter, weightDecay)];
        return [{ op: 'ResourceApplyAdagradV2', slots: ['squareSum'], operands }];
      },
    };
  },
});
