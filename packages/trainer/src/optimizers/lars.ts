import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineOptimizer } from './define-optimizer.ts';
import { euclideanNorm, trustRatio } from './trust-ratio.ts';
import { decayOfWeights, decaysWeightsAlone, withDecay } from './weight-decay.ts';

/** v ← μv + ηλ(g + βθ), θ ← θ - v, with a rate λ for each layer: trust · |θ| / (|g| + β|θ|). */
export const lars = defineOptimizer({
  id: 'lars',
  summary: 'Momentum with a rate for each layer, for large batches',
  paper: 'You, Gitman & Ginsburg, Large batch training of convolutional networks, 2017',
  config: z.strictObject({
    type: z.literal('lars'),
    learningRate: z
      .number()
      .positive()
      .default(0.3)
      .describe('Peak of the schedule; 0.3 for each 256 examples of a step: SimCLR (Chen et al., 2020)'),
    momentum: z.number().min(0).lt(1).default(0.9),
    trust: z
      .number()
      .positive()
      .default(0.001)
      .describe('Trust coefficient of weights; biases and normalisation take steps of plain momentum'),
    weightDecay: z
      .number()
      .min(0)
      .default(1e-6)
      .describe(`Added to the gradient: weightDecay · θ. ${decaysWeightsAlone}. 1e-6: SimCLR`),
  }),
  create(config, trained) {
    const { momentum, trust } = config;
    const weightDecay = decayOfWeights(config.weightDecay, trained);
    const layerRate = (parameter: tf.Tensor, gradient: tf.Tensor) => {
      const weightNorm = euclideanNorm(parameter);
      const updateNorm = tf.add(euclideanNorm(gradient), tf.mul(weightNorm, weightDecay)) as tf.Scalar;
      return trustRatio({ weightNorm, updateNorm, coefficient: trust });
    };
    return {
      slots: ['momentum'],
      update({ parameter, gradient, slots: [velocity = tf.zerosLike(parameter)], learningRate }) {
        const rate = trained.role === 'weight' ? tf.mul(learningRate, layerRate(parameter, gradient)) : learningRate;
        const change = tf.mul(rate, withDecay(gradient, parameter, weightDecay));
        const v = tf.add(tf.mul(velocity, momentum), change);
        return { parameter: tf.sub(parameter, v), slots: [v] };
      },
    };
  },
});
