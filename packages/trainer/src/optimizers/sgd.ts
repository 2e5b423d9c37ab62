import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineOptimizer } from './define-optimizer.ts';

/** Heavy-ball momentum in PyTorch's form: v ← μv + g, θ ← θ - ηv. */
export const sgd = defineOptimizer({
  id: 'sgd',
  summary: 'Stochastic gradient descent with momentum',
  paper: 'Sutskever et al., On the importance of initialization and momentum in deep learning, ICML 2013',
  config: z.strictObject({
    type: z.literal('sgd'),
    learningRate: z.number().positive().default(0.01).describe("Peak of the schedule; 0.01 is Keras's default"),
    momentum: z.number().min(0).lt(1).default(0.9).describe('0.9: Krizhevsky et al., 2012'),
    weightDecay: z.number().min(0).default(0).describe('Added to the gradient: weightDecay · θ'),
  }),
  create({ momentum, weightDecay }) {
    const decayed = (gradient: tf.Tensor, parameter: tf.Tensor) =>
      weightDecay > 0 ? tf.add(gradient, tf.mul(parameter, weightDecay)) : gradient;
    return {
      slots: momentum > 0 ? ['momentum'] : [],
      update({ parameter, gradient, slots: [velocity], learningRate }) {
        const g = decayed(gradient, parameter);
        const v = velocity ? tf.add(tf.mul(velocity, momentum), g) : g;
        return { parameter: tf.sub(parameter, tf.mul(v, learningRate)), slots: velocity ? [v] : [] };
      },
      kernel:
        momentum > 0
          ? {
              op: 'ResourceApplyMomentum',
              operands: ({ gradient, parameter, learningRate }) => [
                learningRate,
                decayed(gradient, parameter),
                tf.scalar(momentum),
              ],
            }
          : {
              op: 'ResourceApplyGradientDescent',
              operands: ({ gradient, parameter, learningRate }) => [learningRate, decayed(gradient, parameter)],
            },
    };
  },
});
