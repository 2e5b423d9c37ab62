import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { augmentations } from '../../augment/index.ts';
import { type AugmentationConfig, labelMixProblems } from '../../augment/pipeline.ts';
import { invalidSettings } from '../../invalid-settings.ts';
import { entryOf } from '../../registry.ts';

/** The setting by which a run knows that its method learns from unlabelled examples too. */
export const unlabelledRatio = z.int().min(1).max(64).describe('Unlabelled examples in a step for each labelled one');

/** Why a batch cannot be divided. */
export const needsBothParts = 'its unlabelled examples all stand at its end';

/** What comes of the labelled examples of a batch, and of the unlabelled ones after them. */
export function inParts<T extends tf.Tensor>(rows: T, unlabelledCount: number): [T, T] {
  const [count = 0] = rows.shape;
  return tf.split(rows, [count - unlabelledCount, unlabelledCount], 0) as [T, T];
}

/** Rises along a line from 0 to 1 over the first `share` of the run. */
export function rampUp(progress: tf.Scalar, share: number): tf.Scalar {
  return share === 0 ? tf.scalar(1) : tf.minimum(1, tf.div(progress, share));
}

/** The job's augmentation with a stronger one in it, where the images still are in [0, 1]. Throws ScionError `specInvalid` for one that mixes labels. */
export function strengthened(
  augment: readonly AugmentationConfig[],
  strong: readonly AugmentationConfig[],
): AugmentationConfig[] {
  const [problem] = labelMixProblems(strong, { id: 'of two views', takesMixedLabels: false });
  if (problem) throw invalidSettings({ ...problem, path: 'method.strong' });
  const leaving = augment.findIndex((config) => entryOf(augmentations, config.type).create(config).range === 'leavesUnit');
  const place = leaving < 0 ? augment.length : leaving;
  return [...augment.slice(0, place), ...strong, ...augment.slice(place)];
}
