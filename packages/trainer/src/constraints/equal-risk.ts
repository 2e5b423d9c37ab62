import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { refuseUnknown } from './by-class.ts';
import { defineConstraint } from './define-constraint.ts';

export const equalRisk = defineConstraint({
  id: 'equal-risk',
  summary: 'Variance of the mean loss over groups of classes: no group is to be served worse than the others',
  paper: 'Krueger et al., Out-of-distribution generalization via risk extrapolation (REx), ICML 2021 (V-REx)',
  settings: {
    groups: z
      .array(z.array(z.string()).min(1))
      .min(2)
      .max(1000)
      .describe(
        'Names of the classes of each group. A class in none does not count; nor does a group that a batch has nothing of',
      ),
  },
  create({ groups }, classNames) {
    const named = groups.flat();
    refuseUnknown(named, classNames);
    const twice = named.find((name, index) => named.indexOf(name) !== index);
    if (twice !== undefined) throw new ScionError('specInvalid', `The class "${twice}" is in two groups`);
    const membership = classNames.map((name) => groups.map((group) => (group.includes(name) ? 1 : 0)));
    return { violation: ({ scores, targets }) => riskVariance(scores, tf.matMul(targets, tf.tensor2d(membership)), targets) };
  },
});

/** Variance over the groups that the batch has something of; `members` [batch, group] says how much of each example is in which. */
function riskVariance(scores: tf.Tensor2D, members: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const losses = tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(scores)), 1, true));
  const sizes = tf.sum(members, 0);
  const isPresent = tf.cast(tf.greater(sizes, 0), 'float32');
  const risks = tf.div(tf.sum(tf.mul(members, losses), 0), tf.add(sizes, tf.sub(1, isPresent)));
  const present = tf.maximum(tf.sum(isPresent), 1);
  const mean = tf.div(tf.sum(risks), present);
  return tf.div(tf.sum(tf.mul(isPresent, tf.square(tf.sub(risks, mean)))), present) as tf.Scalar;
}
