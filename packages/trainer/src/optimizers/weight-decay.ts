import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { TrainedParameter } from './define-optimizer.ts';

/** L2 regularisation by way of the gradient, of every parameter, as in PyTorch. */
export const gradientDecay = z.number().min(0).default(0).describe('Added to the gradient of every parameter: weightDecay · θ');

/** g + weightDecay · θ */
export function withDecay(gradient: tf.Tensor, parameter: tf.Tensor, weightDecay: number): tf.Tensor {
  return weightDecay > 0 ? tf.add(gradient, tf.mul(parameter, weightDecay)) : gradient;
}

export const decaysWeightsAlone = 'Acts on weights (matrices and convolutions) alone, never on biases and normalisation';

/** The decay of a parameter where biases and normalisation have none, as in timm. */
export function decayOfWeights(weightDecay: number, { role }: TrainedParameter): number {
  return role === 'weight' ? weightDecay : 0;
}

/** θ · (1 - η · weightDecay): decay that the gradient's scale does not touch (Loshchilov & Hutter, 2019). */
export function decoupledDecay(parameter: tf.Tensor, learningRate: tf.Scalar, weightDecay: number): tf.Tensor {
  return weightDecay > 0 ? tf.mul(parameter, tf.sub(1, tf.mul(learningRate, weightDecay))) : parameter;
}
