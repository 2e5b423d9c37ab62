import * as tf from '@tensorflow/tfjs-core';
import type { Draw } from './define-augmentation.ts';
import { drawBetween } from './draw-between.ts';

/** Boxes that are tried for an image, as in torchvision, which tries one after the other; here all are drawn at once. */
const tries = 10;

/** [height, width] of an image. */
export type ImageSize = readonly [number, number];

/** How large a box is, as a share of the image's area, and its width by its height: each between two numbers. */
export type BoxRanges = { scale: readonly [number, number]; ratio: readonly [number, number] };

/** A box in each image, in whole pixels, each [image]. */
export type RandomBoxes = { top: tf.Tensor; left: tf.Tensor; height: tf.Tensor; width: tf.Tensor };

/**
 * A random box in each image: the first of the tries that fits into the image, else the largest box that the ratios allow, in the
 * middle. As all tries are drawn whether they are needed or not, the distribution is torchvision's.
 */
export function drawBoxes(draw: Draw, images: readonly ImageSize[], { scale, ratio }: BoxRanges): RandomBoxes {
  const count = images.length;
  const extent = { height: columnOf(images, 0), width: columnOf(images, 1) };
  const middles = images.map((image) => middleBox(image, ratio));
  const between = (part: string, range: readonly [number, number]) => drawBetween(draw, part, { range, shape: [count, tries] });
  const area = tf.mul(between('area', scale), perTry(tf.mul(extent.height, extent.width)));
  const shape = tf.exp(between('ratio', [Math.log(ratio[0]), Math.log(ratio[1])]));
  const tried = { height: tf.round(tf.sqrt(tf.div(area, shape))), width: tf.round(tf.sqrt(tf.mul(area, shape))) };
  const inside = (side: tf.Tensor, whole: tf.Tensor) => tf.logicalAnd(tf.greater(side, 0), tf.lessEqual(side, perTry(whole)));
  const fits = tf.cast(tf.logicalAnd(inside(tried.height, extent.height), inside(tried.width, extent.width)), 'float32');
  const isFirst = tf.mul(fits, tf.cast(tf.equal(tf.cumsum(fits, 1), 1), 'float32'));
  const isNone = tf.sub(1, tf.max(fits, 1));
  const chosen = (sides: tf.Tensor, otherwise: tf.Tensor) => tf.add(tf.sum(tf.mul(sides, isFirst), 1), tf.mul(isNone, otherwise));
  const height = chosen(tried.height, columnOf(middles, 0));
  const width = chosen(tried.width, columnOf(middles, 1));
  const place = (axis: string, whole: tf.Tensor, side: tf.Tensor) => {
    const room = tf.sub(whole, side);
    const anywhere = tf.floor(tf.mul(draw.rng.uniform(`${draw.site}/${axis}`, [count]), tf.add(room, 1)));
    return tf.where(tf.cast(isNone, 'bool'), tf.floor(tf.div(room, 2)), anywhere);
  };
  return { top: place('y', extent.height, height), left: place('x', extent.width, width), height, width };
}

/** [height, width] of the largest box in an image whose width by height lies within `ratio`. */
export function middleBox([height, width]: ImageSize, [low, high]: readonly [number, number]): [number, number] {
  if (width / height < low) return [Math.max(1, Math.round(width / low)), width];
  if (width / height > high) return [height, Math.max(1, Math.round(height * high))];
  return [height, width];
}

function columnOf(sizes: readonly ImageSize[], axis: 0 | 1): tf.Tensor1D {
  return tf.tensor1d(
    sizes.map((size) => size[axis]),
    'float32',
  );
}

/** [image] → [image, 1], to go with the tries of each. */
function perTry(values: tf.Tensor): tf.Tensor {
  return tf.expandDims(values, 1);
}
