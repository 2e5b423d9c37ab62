import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineOptimizer } from './define-optimizer.ts';

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
    weightDecay: z.number().min(0).default(0).describe('Added to the gradient: weightDecay · θ'),
  }),
  create({ beta1, beta2, epsilon, weightDecay }) {
    const decayed = (gradient: tf.Tensor, parameter: tf.Tensor) =>
      weightDecay > 0 ? tf.add(gradient, tf.mul(parameter, weightDecay)) : gradient;
    return {
      slots: ['mean', 'variance'],
      update({ parameter, gradient, slots, learningRate, step }) {
        const [mean = tf.zerosLike(parameter), variance = tf.zerosLike(parameter)] = slots;
        const g = decayed(gradient, parameter);
        const m = tf.add(tf.mul(mean, beta1), tf.mul(g, 1 - beta1));
        const v = tf.add(tf.mul(variance, beta2), tf.mul(tf.square(g), 1 - beta2));
        const correctedMean = tf.div(m, tf.sub(1, tf.pow(beta1, step)));
        const correctedVariance = tf.div(v, tf.sub(1, tf.pow(beta2, step)));
        const change = tf.mul(learningRate, tf.div(correctedMean, tf.add(tf.sqrt(correctedVariance), epsilon)));
        return { parameter: tf.sub(parameter, change), slots: [m, v] };
      },
      kernel: {
        op: 'ResourceApplyAdam',
        operands({ parameter, gradient, learningRate, step }) {
          const [power1, power2] = [tf.pow(beta1, step), tf.pow(beta2, step)];
          // The kernel adds its epsilon to the uncorrected root; scaled like this it is the paper's rule.
          const scaledEpsilon = tf.mul(epsilon, tf.sqrt(tf.sub(1, power2)));
          const g = decayed(gradient, parameter);
          return [power1, power2, learningRate, tf.scalar(beta1), tf.scalar(beta2), scaledEpsilon, g];
        },
      },
    };
  },
});
