import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { adamMoments, adamSlots } from './adam-moments.ts';
import { defineOptimizer } from './define-optimizer.ts';
import { euclideanNorm, trustRatio } from './trust-ratio.ts';
import { decayOfWeights, decaysWeightsAlone, withDecay } from './weight-decay.ts';

/** θ ← θ - η |θ| / |u| · u, where u is Adam's direction + λθ. */
export const lamb = defineOptimizer({
  id: 'lamb',
  summary: 'Adam with a rate for each layer, for large batches',
  paper: 'You et al., Large batch optimization for deep learning: training BERT in 76 minutes, ICLR 2020',
  config: z.strictObject({
    type: z.literal('lamb'),
    learningRate: z.number().positive().default(0.001).describe('Peak of the schedule; 0.001 is timm’s'),
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.999),
    epsilon: z.number().positive().default(1e-6).describe('1e-6: the paper'),
    weightDecay: z
      .number()
      .min(0)
      .default(0.01)
      .describe(`Added to Adam's direction: weightDecay · θ. ${decaysWeightsAlone}, whose rate is Adam's own. 0.01: the paper`),
  }),
  create({ weightDecay: given, ...settings }, trained) {
    const weightDecay = decayOfWeights(given, trained);
    return {
      slots: adamSlots,
      update({ parameter, gradient, slots, learningRate, step }) {
        const moments = adamMoments(settings, { gradient, slots, step });
        const direction = withDecay(moments.direction, parameter, weightDecay);
        const norms = () => ({ weightNorm: euclideanNorm(parameter), updateNorm: euclideanNorm(direction) });
        const rate = trained.role === 'weight' ? tf.mul(learningRate, trustRatio(norms())) : learningRate;
        return { parameter: tf.sub(parameter, tf.mul(rate, direction)), slots: moments.slots };
      },
    };
  },
});
