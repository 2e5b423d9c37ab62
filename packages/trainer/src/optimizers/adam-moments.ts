import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, UpdateStep } from './define-optimizer.ts';

export type AdamSettings = { beta1: number; beta2: number; epsilon: number };

export const adamSlots = ['mean', 'variance'] as const;

/** Adam's moments after this step, and the direction that they give: m̂ / (√v̂ + ε), both moments corrected for their start at 0. */
export function adamMoments(
  settings: AdamSettings,
  { gradient, slots, step }: Pick<UpdateStep, 'gradient' | 'slots' | 'step'>,
): { direction: tf.Tensor; slots: readonly [tf.Tensor, tf.Tensor] } {
  // Rounded first, as the tensors are: 1 - β would else differ from the 1 - βᵗ that is to correct it, by 1e-5 of it at β = 0.999.
  const [beta1, beta2] = [Math.fround(settings.beta1), Math.fround(settings.beta2)];
  const [mean = tf.zerosLike(gradient), variance = tf.zerosLike(gradient)] = slots;
  const m = tf.add(tf.mul(mean, beta1), tf.mul(gradient, 1 - beta1));
  const v = tf.add(tf.mul(variance, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const correctedMean = tf.div(m, tf.sub(1, tf.pow(beta1, step)));
  const correctedVariance = tf.div(v, tf.sub(1, tf.pow(beta2, step)));
  return { direction: tf.div(correctedMean, tf.add(tf.sqrt(correctedVariance), settings.epsilon)), slots: [m, v] };
}

/** θ ← θ - η m̂ / (√v̂ + ε) as TensorFlow's kernel. */
export function adamKernel(
  { beta1, beta2, epsilon }: AdamSettings,
  { gradient, learningRate, step }: Pick<UpdateStep, 'gradient' | 'learningRate' | 'step'>,
): KernelCall {
  const [power1, power2] = [tf.pow(beta1, step), tf.pow(beta2, step)];
  // The kernel adds its epsilon to the uncorrected root; scaled like this it is the paper's rule.
  const scaledEpsilon = tf.mul(epsilon, tf.sqrt(tf.sub(1, power2)));
  const operands = [power1, power2, learningRate, tf.scalar(beta1), tf.scalar(beta2), scaledEpsilon, gradient];
  return { op: 'ResourceApplyAdam', slots: adamSlots, operands };
}
