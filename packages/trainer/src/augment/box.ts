import * as tf from '@tensorflow/tfjs-core';
import type { Draw } from './define-augmentation.ts';

/** A rectangle in each image, in whole pixels, each [batch]: from `top` and `left` up to, not including, `bottom` and `right`. */
export type Box = { top: tf.Tensor1D; left: tf.Tensor1D; bottom: tf.Tensor1D; right: tf.Tensor1D };

type BatchShape = readonly [number, number, number, number];

/** Boxes of the given sides around a random pixel of each image, as far as they lie inside it. */
export function boxAround(
  { rng, site }: Draw,
  sides: { height: tf.Tensor1D; width: tf.Tensor1D },
  [batch, height, width]: BatchShape,
): Box {
  const along = (axis: string, extent: number, side: tf.Tensor1D) => {
    const centre = tf.floor(tf.mul(rng.uniform(`${site}/${axis}`, [batch]), extent));
    const start = tf.sub(centre, tf.floor(tf.div(side, 2)));
    const inside = (at: tf.Tensor) => tf.clipByValue(at, 0, extent) as tf.Tensor1D;
    return [inside(start), inside(tf.add(start, side))] as const;
  };
  const [top, bottom] = along('y', height, sides.height);
  const [left, right] = along('x', width, sides.width);
  return { top, left, bottom, right };
}

/** Which pixels lie in the box: bool [batch, height, width, 1]. */
export function areaMask({ top, left, bottom, right }: Box, [batch, height, width]: BatchShape): tf.Tensor4D {
  const within = (start: tf.Tensor1D, end: tf.Tensor1D, shape: readonly number[]) => {
    const places = tf.reshape(tf.range(0, Math.max(...shape)), [...shape]);
    const of = (values: tf.Tensor1D) => tf.reshape(values, [batch, 1, 1, 1]);
    return tf.logicalAnd(tf.greaterEqual(places, of(start)), tf.less(places, of(end)));
  };
  return tf.logicalAnd(within(top, bottom, [1, height, 1, 1]), within(left, right, [1, 1, width, 1])) as tf.Tensor4D;
}
