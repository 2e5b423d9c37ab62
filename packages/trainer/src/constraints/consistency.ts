import * as tf from '@tensorflow/tfjs-core';
import { defineConstraint } from './define-constraint.ts';

export const consistency = defineConstraint({
  id: 'consistency',
  summary: 'Mean squared difference between the class probabilities of two views of an image',
  paper: 'Laine & Aila, Temporal ensembling for semi-supervised learning, ICLR 2017 (the Π-model)',
  settings: {},
  create: () => ({
    needsOtherView: true,
    violation: ({ scores, otherScores }) =>
      tf.mean(tf.squaredDifference(tf.softmax(scores), tf.softmax(otherScores()))) as tf.Scalar,
  }),
});
