import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { type AugmentationConfig, createPipeline } from './augment/pipeline.ts';
import type { TeacherNetwork } from './methods/define-method.ts';
import { evaluatesWithoutLabels, methodEntry } from './methods/method-entry.ts';
import type { ImageShape } from './models/define-backbone.ts';
import { backbones } from './models/index.ts';
import { unlikeParameters } from './models/unlike-parameters.ts';
import { entryOf } from './registry.ts';
import type { ResolvedSpec, ResolvedTeacher } from './spec.ts';
import { singleLabel } from './tasks/single-label.ts';

/** How the images of the student are made: those that the teacher gets too. */
type Student = { inputShape: ImageShape; augment: readonly AugmentationConfig[] };

/**
 * A trained network as another's teacher.
 *
 * @throws ScionError `shapeMismatch` where its parameters go by the size of images, and the student's are of another
 */
export function createTeacherNetwork(teacher: ResolvedTeacher, student: Student): TeacherNetwork {
  const { augment, classNames, trainedBy, inputShape: trained } = teacher;
  const pipeline = createPipeline(augment);
  const seen = pipeline.outputShape(student.inputShape);
  const backboneAt = (shape: ImageShape) => entryOf(backbones, teacher.backbone.type).create(teacher.backbone, shape);
  const [backbone, original] = [backboneAt(seen), backboneAt(trained)];
  if (unlikeParameters(backbone, original).length > 0) throw otherSize(trained, seen);
  const context = {
    backbone,
    task: singleLabel.create({ type: 'single-label' }, { classNames }),
    classNames,
    augment,
    inputShape: seen,
    backboneAt,
  };
  return {
    backbone,
    classNames,
    method: trainedBy && methodEntry(trainedBy).create(trainedBy.method, context),
    prepare: (images) => pipeline.evaluate(denormalize(images, student.augment)),
  };
}

/** What a resolved spec keeps of the job that made a teacher; of an imported one, what that says of itself. */
export function teacherOf(
  spec: Omit<ResolvedTeacher, 'trainedBy' | 'classNames'> & Partial<Pick<ResolvedSpec, 'kind' | 'method' | 'task'>>,
) {
  const { backbone, inputShape, augment, kind, method, task } = spec;
  const isClassifier = task?.type === 'single-label' && kind && method && !evaluatesWithoutLabels({ kind, method });
  const trainedBy = isClassifier ? { kind, method } : null;
  return { backbone, inputShape, augment, trainedBy };
}

const Normalization = z.looseObject({ mean: z.array(z.number()), std: z.array(z.number()) });

/** Undoes the normalisation of augmented images, so that they are in [0, 1] again. */
function denormalize(images: tf.Tensor4D, augment: readonly AugmentationConfig[]): tf.Tensor4D {
  const steps = augment.filter(({ type }) => type === 'normalize').map((step) => Normalization.parse(step));
  return steps.reduceRight((x, { mean, std }) => tf.add(tf.mul(x, tf.tensor1d(std)), tf.tensor1d(mean)) as tf.Tensor4D, images);
}

function otherSize(trained: ImageShape, seen: ImageShape): ScionError {
  const message = `The teacher was trained on images of ${trained.join('×')}, but would see ${seen.join('×')}`;
  return new ScionError('shapeMismatch', `method.teacher: ${message}`, { details: [{ path: 'method.teacher', message }] });
}
