import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineOptimizer } from './define-optimizer.ts';
import { gradientDecay, withDecay } from './weight-decay.ts';

/** Heavy-ball momentum in PyTorch's form: v ← μv + g, θ ← θ - ηv; Nesterov's looks ahead: θ ← θ - η(g + μv). */
export const sgd = defineOptimizer({
  id: 'sgd',
  summary: 'Stochastic gradient descent with momentum',
  paper: 'Sutskever et al., On the importance of initialization and momentum in deep learning, ICML 2013',
  config: z.strictObject({
    type: z.literal('sgd'),
    learningRate: z.number().positive().default(0.01).describe("Peak of the schedule; 0.01 is Keras's default"),
    momentum: z.number().min(0).lt(1).default(0.9).describe('0.9: Krizhevsky et al., 2012'),
    nesterov: z.boolean().default(false).describe("Nesterov's accelerated gradient; means nothing without momentum"),
    weightDecay: gradientDecay,
  }),
  create({ momentum, nesterov, weightDecay }) {
    return {
      slots: momentum > 0 ? ['momentum'] : [],
      update({ parameter, gradient, slots: [velocity], learningRate }) {
        const g = withDecay(gradient, parameter, weightDecay);
        if (!velocity) return { parameter: tf.sub(parameter, tf.mul(g, learningRate)), slots: [] };
        const v = tf.add(tf.mul(velocity, momentum), g);
        const direction = nesterov ? tf.add(g, tf.mul(v, momentum)) : v;
        return { parameter: tf.sub(parameter, tf.mul(direction, learningRate)), slots: [v] };
      },
      kernels({ gradient, parameter, learningRate }) {
        const g = withDecay(gradient, parameter, weightDecay);
        if (momentum === 0) return [{ op: 'ResourceApplyGradientDescent', slots: [], operands: [learningRate, g] }];
        const operands = [learningRate, g, tf.scalar(momentum)];
        return [{ op: 'ResourceApplyMomentum', slots: ['momentum'], operands, flags: { use_nesterov: nesterov } }];
      },
    };
  },
});
