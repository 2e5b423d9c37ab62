import type { Rng } from '@scion/engine/ops';
import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { rankOf } from '../../augment/rank.ts';
import type { Backbone, PatchTokens } from '../../models/define-backbone.ts';
import type { Drawing } from '../define-method.ts';

/** The patches of a backbone, where a job's spec was accepted. */
export function tokensOf({ tokens }: Backbone): PatchTokens {
  if (!tokens) throw new Error('A method that needs patches was given a backbone without');
  return tokens;
}

/**
 * images [batch, height, width, channel] → pixels [batch, patch, side · side · channel], patches counted row by row, as are the pixels
 * within each.
 */
export function patchPixels(images: tf.Tensor4D, side: number): tf.Tensor3D {
  const [batch, height, width, channels] = images.shape;
  const [rows, columns] = [height / side, width / side];
  const cut = tf.transpose(tf.reshape(images, [batch * rows, side, columns, side * channels]), [0, 2, 1, 3]);
  return tf.reshape(cut, [batch, rows * columns, side * side * channels]);
}

/** [batch, row, column, side · side · channel] → [batch, row · side, column · side, channel] */
export function imagesOfCells(cells: tf.Tensor4D, side: number): tf.Tensor4D {
  const [batch, rows, columns, size] = cells.shape;
  const channels = size / side ** 2;
  const lines = tf.transpose(tf.reshape(cells, [batch * rows, columns, side, side * channels]), [0, 2, 1, 3]);
  return tf.reshape(lines, [batch, rows * side, columns * side, channels]);
}

/**
 * What is seen of images whose patches are partly hidden, and the images with these as they are predicted [batch, patch, pixel], hidden
 * ones 0 in what is seen.
 */
export function drawHidden(
  images: tf.Tensor4D,
  { patchSize, gridSize }: Pick<PatchTokens, 'patchSize' | 'gridSize'>,
  { predicted, mask: { hidden } }: { predicted: tf.Tensor3D; mask: Pick<PatchMask, 'hidden'> },
): Drawing {
  const pixels = patchPixels(images, patchSize);
  const imagesOf = (patches: tf.Tensor) =>
    imagesOfCells(tf.reshape(patches, [images.shape[0], ...gridSize, pixels.shape[2]]) as tf.Tensor4D, patchSize);
  const visible = tf.mul(pixels, tf.sub(1, hidden));
  return { shown: imagesOf(visible), drawn: imagesOf(tf.add(visible, tf.mul(predicted, hidden))) };
}

/** Which patches of each image a step hides. */
export type PatchMask = {
  /** [batch, visible, patch], a 1 in each row: times tokens [batch, patch, …], the visible ones. */
  pick: tf.Tensor3D;
  /** [batch, patch, 1]: 1 where hidden. */
  hidden: tf.Tensor3D;
};

/** How many of so many patches are hidden: at least one, and never all. */
export function hiddenCount(patches: number, ratio: number): number {
  if (patches < 2)
    throw new ScionError(
      'shapeMismatch',
      'An image is a single patch here, which cannot be hidden and shown: use a smaller patch',
    );
  return Math.min(Math.max(Math.round(patches * ratio), 1), patches - 1);
}

/** Hides the same number of patches of each image, all choices as likely. */
export function randomMask({
  rng,
  site,
  ...shape
}: {
  rng: Rng;
  site: string;
  batch: number;
  patches: number;
  hidden: number;
}): PatchMask {
  const { batch, patches } = shape;
  const visible = patches - shape.hidden;
  const places = tf.stack(rankOf(rng.uniform(site, [patches, batch]) as tf.Tensor2D), 1) as tf.Tensor2D;
  const order = tf.reshape(tf.range(0, visible), [1, visible, 1]);
  const pick = tf.cast(tf.equal(tf.expandDims(places, 1), order), 'float32') as tf.Tensor3D;
  const hidden = tf.cast(tf.greaterEqual(places, visible), 'float32');
  return { pick, hidden: tf.expandDims(hidden, 2) as tf.Tensor3D };
}

/** Each patch's pixels [batch, patch, pixel] with mean 0 and variance 1 (He et al., 2022, section 4.2, as their code: unbiased variance). */
export function normalizedPatches(pixels: tf.Tensor3D): tf.Tensor3D {
  const { mean, deviation } = patchStatistics(pixels);
  return tf.div(tf.sub(pixels, mean), deviation);
}

/** The pixels that normalised ones stand for, in patches whose own pixels are `of`. */
export function unnormalizedPatches(normalized: tf.Tensor3D, of: tf.Tensor3D): tf.Tensor3D {
  const { mean, deviation } = patchStatistics(of);
  return tf.add(tf.mul(normalized, deviation), mean);
}

function patchStatistics(pixels: tf.Tensor3D): { mean: tf.Tensor; deviation: tf.Tensor } {
  const mean = tf.mean(pixels, 2, true);
  const variance = tf.div(tf.sum(tf.square(tf.sub(pixels, mean)), 2, true), Math.max(pixels.shape[2] - 1, 1));
  return { mean, deviation: tf.sqrt(tf.add(variance, 1e-6)) };
}

/** Mean over the hidden patches of the mean squared error of their pixels (He et al., 2022, section 3). */
export function hiddenSquaredError(
  predicted: tf.Tensor3D,
  target: tf.Tensor3D,
  { hidden }: Pick<PatchMask, 'hidden'>,
): tf.Scalar {
  const errors = tf.mean(tf.squaredDifference(predicted, target), 2, true);
  return tf.div(tf.sum(tf.mul(errors, hidden)), tf.sum(hidden));
}

/** Mean absolute error of the pixels of the hidden patches (Xie et al., 2022, section 3.4). */
export function hiddenAbsoluteError(
  predicted: tf.Tensor3D,
  target: tf.Tensor3D,
  { hidden }: Pick<PatchMask, 'hidden'>,
): tf.Scalar {
  const errors = tf.mean(tf.abs(tf.sub(predicted, target)), 2, true);
  return tf.div(tf.sum(tf.mul(errors, hidden)), tf.sum(hidden));
}
