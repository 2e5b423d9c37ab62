import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { matchesGlob } from '../glob.ts';
import { adamwRule } from './adamw.ts';
import { defineOptimizer, type TrainedParameter, type UpdateRule } from './define-optimizer.ts';
import { orthogonalized } from './newton-schulz.ts';
import { decayOfWeights, decaysWeightsAlone, decoupledDecay } from './weight-decay.ts';

const Fallback = z.strictObject({
  parameters: z
    .array(z.string().min(1))
    .max(100)
    .default(['head.*', '*embed*', '*token*'])
    .describe(
      'Weights that AdamW trains, by name (`*` is any text), beside all biases and normalisation: the first and the last layer',
    ),
  learningRate: z.number().positive().default(3e-4).describe('At the peak of the schedule'),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.95),
  epsilon: z.number().positive().default(1e-10),
});

const Config = z.strictObject({
  type: z.literal('muon'),
  learningRate: z.number().positive().default(0.02).describe('Peak of the schedule, for the matrices'),
  momentum: z.number().min(0).lt(1).default(0.95),
  nesterov: z.boolean().default(true),
  iterations: z.int().min(1).max(20).default(5).describe('Of Newton and Schulz'),
  weightDecay: z.number().min(0).default(0).describe(`θ shrinks by its rate · weightDecay each step. ${decaysWeightsAlone}`),
  fallback: Fallback.prefault({}).describe('AdamW for what is no hidden matrix'),
});
type Config = z.output<typeof Config>;

/**
 * Each matrix's momentum is made orthogonal before it is added, so that all directions are learnt alike. A convolution counts as the
 * matrix [height · width · in, out]. All defaults are those of Jordan's own implementation.
 */
export const muon = defineOptimizer({
  id: 'muon',
  summary: 'Orthogonalised momentum for hidden matrices and convolutions, AdamW for the rest',
  paper: 'Jordan et al., Muon: an optimizer for hidden layers in neural networks, 2024',
  config: Config,
  create(config, parameter) {
    const settings = { ...config, weightDecay: decayOfWeights(config.weightDecay, parameter) };
    return isHiddenMatrix(settings, parameter) ? muonRule(settings, parameter) : fallbackRule(settings);
  },
});

function isHiddenMatrix({ fallback }: Config, { name, role, shape }: TrainedParameter): boolean {
  return role === 'weight' && shape.length >= 2 && !fallback.parameters.some((pattern) => matchesGlob(pattern, name));
}

function muonRule(config: Config, { shape }: TrainedParameter): UpdateRule {
  const { momentum, nesterov, iterations, weightDecay } = config;
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((product, side) => product * side, 1);
  const scale = Math.sqrt(Math.max(1, columns / rows)); // out / in, since a weight is [in, out] here
  return {
    slots: ['momentum'],
    update({ parameter, gradient, slots: [velocity = tf.zerosLike(parameter)], learningRate }) {
      const v = tf.add(tf.mul(velocity, momentum), tf.mul(gradient, 1 - momentum));
      const direction = nesterov ? tf.add(tf.mul(gradient, 1 - momentum), tf.mul(v, momentum)) : v;
      const matrix = tf.reshape(direction, [rows, columns]) as tf.Tensor2D;
      const change = tf.mul(tf.reshape(orthogonalized(matrix, iterations), [...shape]), tf.mul(learningRate, scale));
      return { parameter: tf.sub(decoupledDecay(parameter, learningRate, weightDecay), change), slots: [v] };
    },
  };
}

/** AdamW at its own rate, which rises and falls with the matrices'. */
function fallbackRule({ fallback, learningRate: matrixRate, weightDecay }: Config): UpdateRule {
  const share = fallback.learningRate / matrixRate;
  const adamw = adamwRule({ ...fallback, weightDecay });
  const ownRate = <Step extends { learningRate: tf.Scalar }>(step: Step): Step => ({
    ...step,
    learningRate: tf.mul(step.learningRate, share),
  });
  return {
    slots: adamw.slots,
    update: (step) => adamw.update(ownRate(step)),
    kernels: (step) => adamw.kernels(ownRate(step)),
  };
}
