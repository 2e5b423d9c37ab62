import { accuracy } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineMethod } from '../define-method.ts';
import { asTeacher, createTeacher, momentumSetting, teacherName } from '../pretrain/teacher.ts';
import { viewPair } from '../pretrain/view-pair.ts';
import { taskTraining } from '../task-training.ts';
import { inParts, needsBothParts, rampUp, unlabelledRatio } from './partly-labelled.ts';

export const meanTeacher = defineMethod({
  id: 'mean-teacher',
  summary:
    'Learn from unlabelled images too: predict what a slow double of the network, which is what is kept, makes of another view',
  paper: 'Tarvainen & Valpola, Mean teachers are better role models, NIPS 2017',
  config: z.strictObject({
    type: z.literal('mean-teacher'),
    unlabelledRatio: unlabelledRatio.default(1),
    weight: z
      .number()
      .min(0)
      .default(50)
      .describe('Factor on the consistency of student and teacher, once it has risen; 50 in USB'),
    rampUp: z.number().gt(0).max(1).default(0.4).describe('Share of the run over which that factor rises from 0; 0.4 in USB'),
    momentum: momentumSetting.default(0.99).describe("Share of the teacher that stays in a step, at first; the paper's 0.99"),
    finalMomentum: momentumSetting.default(0.999).describe("The same at the end; the paper's 0.999"),
  }),
  create({ weight, rampUp: share, ...momentum }, context) {
    const method = taskTraining(context, { freezeBackbone: false });
    const teacher = createTeacher([...context.backbone.parameters, ...method.parameters], momentum);
    return {
      ...method,
      parameters: [...method.parameters, ...teacher.parameters],
      followers: teacher.followers,
      modelValue: (name, read) => read(teacherName(name)),
      needsWholeBatch: needsBothParts,
      views: [context.augment, context.augment],
      step(forward, { views, labels, unlabelledCount, mixes, progress }) {
        const [first, second] = viewPair(views);
        const scores = method.head(forward, first);
        const teacherScores = method.head(asTeacher(forward), second);
        const [labelledScores] = inParts(scores, unlabelledCount);
        const [known, truth] = inParts(labels, unlabelledCount);
        const { loss, metrics } = context.task.score(labelledScores, { labels: known, mixes });
        const consistency = meanSquaredDifference(tf.softmax(scores), tf.softmax(teacherScores));
        const [, guesses] = inParts(teacherScores, unlabelledCount);
        return {
          loss: tf.add(loss, tf.mul(tf.mul(weight, sigmoidRampUp(progress, share)), consistency)),
          metrics: { ...metrics, consistency, teacherRight: accuracy(guesses, truth) },
        };
      },
    };
  },
});

/** The mean over rows and classes of the squared difference of two sets of probabilities [row, class]. */
export function meanSquaredDifference(first: tf.Tensor2D, second: tf.Tensor2D): tf.Scalar {
  return tf.mean(tf.squaredDifference(first, second)) as tf.Scalar;
}

/** exp(-5 (1 - t)²), t going from 0 to 1 over the first `share` of the run (Laine & Aila, Temporal ensembling, 2017). */
export function sigmoidRampUp(progress: tf.Scalar, share: number): tf.Scalar {
  return tf.exp(tf.mul(-5, tf.square(tf.sub(1, rampUp(progress, share)))));
}
