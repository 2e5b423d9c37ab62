import { softCrossEntropy } from '@scion/engine/ops';
import { ModelId } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import { invalidSettings } from '../../invalid-settings.ts';
import { linear } from '../../models/layers.ts';
import type { Forward } from '../../parameters.ts';
import { unitRows } from '../../unit-rows.ts';
import { defineMethod, type StepResult, type TeacherNetwork } from '../define-method.ts';
import { croppedView } from './cropped-view.ts';
import { labelFreeTraining } from './default-training.ts';
import { asTeacher, teacherName } from './teacher.ts';

export const distillation = defineMethod({
  id: 'distillation',
  summary: 'Without labels: give what a trained model gives, its features or its class scores, of the same views',
  paper:
    'Hinton et al., Distilling the knowledge in a neural network, 2015; features: Romero et al., FitNets: hints for thin deep nets, ICLR 2015',
  config: z.strictObject({
    type: z.literal('distillation'),
    teacher: z.strictObject({ model: ModelId }).describe('The model to learn from. It stays as it is, and no part of it is kept'),
    match: z
      .enum(['features', 'logits'])
      .default('features')
      .describe('What is to be alike: the features, through a linear layer; or class scores, of a teacher that knows classes'),
    temperature: z
      .number()
      .positive()
      .default(4)
      .describe('Of both softmaxes, where scores are matched; from 1 to 20 in Hinton et al., 4 in Tian et al., CRD, ICLR 2020'),
  }),
  tiny: { teacher: { model: 'mdl_00000000000000000000000000' } },
  examples: 'all',
  // Views of a teacher and its student are the same crop, large or small (Beyer et al., Knowledge distillation: a good teacher is patient and consistent, CVPR 2022).
  defaultAugment: croppedView,
  defaultTraining: labelFreeTraining,
  create({ match, temperature }, { backbone, teacher }) {
    if (!teacher)
      throw invalidSettings({ path: 'method.teacher', message: 'There are no models to learn from without a server' });
    const { targets, width, parameters, step } =
      match === 'features' ? featureMatching(teacher) : scoreMatching(teacher, temperature);
    const head = linear(match === 'features' ? 'regressor' : 'head', { in: backbone.featureCount, out: width });
    const frozen = parameters.map((parameter) => {
      return { ...parameter, name: teacherName(parameter.name), role: 'statistic' } as const;
    });
    const frozenNames = new Set(frozen.map(({ name }) => name));
    return {
      parameters: [...head.parameters, ...frozen],
      isTrainable: (name) => !frozenNames.has(name),
      evaluator: representationEvaluator(backbone),
      step(forward, { images }) {
        const given = targets({ ...asTeacher(forward), training: false }, teacher.prepare(images));
        return step(head.apply(forward, backbone.features(forward, images)), given);
      },
    };
  },
});

type Matching = {
  /** Of the teacher: those that the targets are computed from. */
  parameters: TeacherNetwork['backbone']['parameters'];
  width: number;
  targets(forward: Forward, images: tf.Tensor4D): tf.Tensor2D;
  step(student: tf.Tensor2D, teacher: tf.Tensor2D): StepResult;
};

function featureMatching({ backbone }: TeacherNetwork): Matching {
  return {
    parameters: backbone.parameters,
    width: backbone.featureCount,
    targets: backbone.features,
    step(student, teacher) {
      const teacherSimilarity: tf.Scalar = tf.mean(tf.sum(tf.mul(unitRows(student), unitRows(teacher)), 1));
      return { loss: hintLoss(student, teacher), metrics: { teacherSimilarity } };
    },
  };
}

function scoreMatching({ backbone, method, classNames }: TeacherNetwork, temperature: number): Matching {
  const head = method?.head;
  if (!method || !head) {
    const message = 'The teacher gives no scores of classes that could be matched: match its features';
    throw invalidSettings({ path: 'method.match', message });
  }
  return {
    parameters: [...backbone.parameters, ...method.parameters.filter(({ trainingOnly }) => !trainingOnly)],
    width: classNames.length,
    targets: head,
    step(student, teacher) {
      const isSame = tf.equal(tf.argMax(student, 1), tf.argMax(teacher, 1));
      const teacherAgreement: tf.Scalar = tf.mean(tf.cast(isSame, 'float32'));
      return { loss: softTargetLoss(student, teacher, temperature), metrics: { teacherAgreement } };
    },
  };
}

/** Half the squared distance of rows [batch, width], mean over the batch: equation 3 of FitNets, after its regressor. */
export function hintLoss(student: tf.Tensor2D, teacher: tf.Tensor2D): tf.Scalar {
  return tf.div(tf.sum(tf.squaredDifference(student, teacher)), 2 * student.shape[0]);
}

/**
 * T² times the mean cross-entropy of scores [batch, class] against the teacher's shares at temperature T (Hinton et al., section 2), less
 * the least that it can be, the entropy of those shares: 0 where both agree, with the same gradient.
 */
export function softTargetLoss(student: tf.Tensor2D, teacher: tf.Tensor2D, temperature: number): tf.Scalar {
  const [softer, target] = [tf.div(student, temperature) as tf.Tensor2D, tf.div(teacher, temperature) as tf.Tensor2D];
  const shares = tf.softmax(target);
  const divergence = tf.sub(softCrossEntropy(softer, shares), softCrossEntropy(target, shares));
  return tf.mul(divergence, temperature ** 2);
}
