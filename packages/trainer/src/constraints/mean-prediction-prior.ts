import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { inClassOrder } from './by-class.ts';
import { defineConstraint } from './define-constraint.ts';

/** Keeps the logarithm finite where a class is never predicted. */
const epsilon = 1e-12;

export const meanPredictionPrior = defineConstraint({
  id: 'mean-prediction-prior',
  summary: "Kullback-Leibler divergence of a batch's mean class probabilities from how often the classes come up",
  paper: 'Tanaka et al., Joint optimization framework for learning with noisy labels, CVPR 2018 (equation 7)',
  settings: {
    prior: z
      .record(z.string(), z.number().positive())
      .nullable()
      .default(null)
      .describe('How often each class comes up, by its name, on any scale; null: all alike'),
  },
  create({ prior }, classNames) {
    const shares = sharesOf(prior, classNames);
    const constant = shares.reduce((sum, share) => sum + share * Math.log(share), 0);
    return {
      violation({ scores }) {
        const mean = tf.mean(tf.softmax(scores), 0);
        const crossEntropy = tf.neg(tf.sum(tf.mul(tf.tensor1d(shares), tf.log(tf.add(mean, epsilon)))));
        return tf.add(crossEntropy, constant) as tf.Scalar;
      },
    };
  },
});

function sharesOf(prior: Readonly<Record<string, number>> | null, classNames: readonly string[]): number[] {
  if (!prior) return classNames.map(() => 1 / classNames.length);
  const counts = inClassOrder(prior, classNames);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!Number.isFinite(total)) throw new ScionError('specInvalid', 'The shares of the prior are too large to be added');
  return counts.map((count) => count / total);
}
