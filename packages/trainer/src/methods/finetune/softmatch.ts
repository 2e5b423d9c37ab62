import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Forward, ParameterSpec } from '../../parameters.ts';
import { defineMethod } from '../define-method.ts';
import { unlabelledRatio } from './partly-labelled.ts';
import { pseudoLabels } from './pseudo-labels.ts';
import { learnStrongViews, strongSetting } from './strong-views.ts';

export const softmatch = defineMethod({
  id: 'softmatch',
  summary: 'As fixmatch, but every pseudo-label counts, the less the farther its confidence lies below the mean of them all',
  paper: 'Chen et al., SoftMatch: addressing the quantity-quality trade-off in semi-supervised learning, ICLR 2023',
  config: z.strictObject({
    type: z.literal('softmatch'),
    unlabelledRatio: unlabelledRatio.default(7),
    weight: z.number().min(0).default(1).describe('Factor on the loss of unlabelled images; 1 in the paper'),
    momentum: z
      .number()
      .min(0)
      .lt(1)
      .default(0.999)
      .describe(
        'Share that stays in a step of the mean and variance of confidences and of the mean prediction; the paper’s 0.999',
      ),
    strong: strongSetting,
  }),
  tiny: { unlabelledRatio: 1, momentum: 0.9, strong: [{ type: 'cutout' }] }, // RandAugment's levels are other ones by a rounding
  create({ momentum, ...settings }, context) {
    const weigh = (forward: Forward) => (probabilities: tf.Tensor2D) => weightsOf(forward, probabilities, momentum);
    const method = learnStrongViews(context, {
      ...settings,
      label: (forward, scores) => pseudoLabels(scores, weigh(forward)),
    });
    return { ...method, parameters: [...method.parameters, ...runningValues(context.classNames.length)] };
  },
});

const names = { mean: 'softmatch.mean', variance: 'softmatch.variance', prediction: 'softmatch.prediction' };

/** They begin as in the authors' program: sure of nothing, with a wide spread. */
function runningValues(classes: number): ParameterSpec[] {
  const value = (name: string, size: number, first: number): ParameterSpec => {
    const init = { type: 'constant', value: first } as const;
    return { name, shape: [size], init, role: 'statistic', layout: { type: 'plain' }, trainingOnly: true };
  };
  return [value(names.mean, 1, 1 / classes), value(names.variance, 1, 1), value(names.prediction, classes, 1 / classes)];
}

/**
 * How much the likeliest class of each row of probabilities [row, class] counts, once these are aligned so that all classes come up alike: 1
 * from the mean confidence on, less below it. The running values take the batch in first.
 */
export function weightsOf(forward: Forward, probabilities: tf.Tensor2D, momentum: number): tf.Tensor1D {
  const takeIn = (name: string, latest: tf.Tensor) => {
    const next = tf.add(tf.mul(forward.parameter(name), momentum), tf.mul(latest, 1 - momentum));
    forward.updateStatistic(name, next);
    return next;
  };
  const prediction = takeIn(names.prediction, tf.mean(probabilities, 0));
  const confidence = tf.max(uniformlyAligned(probabilities, prediction), 1) as tf.Tensor1D;
  const moments = unbiasedMoments(confidence);
  const mean = takeIn(names.mean, moments.mean);
  return confidenceWeight(confidence, mean, takeIn(names.variance, moments.variance));
}

/** Rows of probabilities by how much more of a class they hold than the mean prediction does, as shares again. */
function uniformlyAligned(probabilities: tf.Tensor2D, prediction: tf.Tensor): tf.Tensor2D {
  const aligned = tf.div(probabilities, tf.mul(prediction, prediction.size));
  return tf.div(aligned, tf.sum(aligned, 1, true));
}

/** Equation 7 of the paper, its variance divided by four as in the authors' program: exp(-min(p - μ, 0)² / (2 σ² / 4)). */
function confidenceWeight(confidence: tf.Tensor1D, mean: tf.Tensor, variance: tf.Tensor): tf.Tensor1D {
  const below = tf.minimum(tf.sub(confidence, mean), 0);
  return tf.exp(tf.neg(tf.div(tf.square(below), tf.mul(variance, 0.5))));
}

function unbiasedMoments(values: tf.Tensor1D): { mean: tf.Tensor; variance: tf.Tensor } {
  const mean = tf.reshape(tf.mean(values), [1]);
  const squares = tf.sum(tf.squaredDifference(values, mean));
  return { mean, variance: tf.reshape(tf.div(squares, Math.max(values.size - 1, 1)), [1]) };
}
