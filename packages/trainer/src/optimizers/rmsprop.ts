import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineOptimizer } from './define-optimizer.ts';
import { gradientDecay, withDecay } from './weight-decay.ts';

/**
 * PyTorch's form: ε is added to the root, and the learning rate multiplies the whole velocity. TensorFlow's ResourceApplyRMSProp adds
 * ε under the root and keeps past learning rates in its velocity, so no setting of it gives the same steps, and it is not used.
 */
export const rmsprop = defineOptimizer({
  id: 'rmsprop',
  summary: 'Steps divided by a running root mean square of the gradient',
  paper: 'Tieleman & Hinton, Lecture 6.5: RMSProp, Coursera 2012',
  config: z.strictObject({
    type: z.literal('rmsprop'),
    learningRate: z.number().positive().default(0.01).describe('Peak of the schedule; 0.01 is PyTorch’s'),
    smoothing: z.number().min(0).lt(1).default(0.99).describe("Share of the mean square that stays; 0.99: PyTorch's alpha"),
    momentum: z.number().min(0).lt(1).default(0),
    epsilon: z.number().positive().default(1e-8),
    weightDecay: gradientDecay,
  }),
  create({ smoothing, momentum, epsilon, weightDecay }) {
    return {
      slots: momentum > 0 ? ['meanSquare', 'momentum'] : ['meanSquare'],
      update({ parameter, gradient, slots, learningRate }) {
        const [meanSquare = tf.zerosLike(parameter), velocity] = slots;
        const g = withDecay(gradient, parameter, weightDecay);
        const square = tf.add(tf.mul(meanSquare, smoothing), tf.mul(tf.square(g), 1 - smoothing));
        const scaled = tf.div(g, tf.add(tf.sqrt(square), epsilon));
        const v = velocity ? tf.add(tf.mul(velocity, momentum), scaled) : scaled;
        return { parameter: tf.sub(parameter, tf.mul(learningRate, v)), slots: velocity ? [square, v] : [square] };
      },
    };
  },
});
