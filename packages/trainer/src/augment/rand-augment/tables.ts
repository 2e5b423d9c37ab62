import { choosePerImage, countLevels, levelCount, lookUp, toLevels } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type Choice, strongest } from './operations.ts';

const highest = levelCount - 1;

/**
 * Posterize, solarize, autocontrast and equalize take each level of brightness to another, as on images of bytes. So one look-up in a
 * table [batch, channel, 256] does them all; images of other operations keep their exact values.
 */
export function applyTables(images: tf.Tensor4D, { takes }: Choice, magnitude: number): tf.Tensor4D {
  const levels = toLevels(images);
  const counts = countLevels(levels);
  const operations = [
    [takes('posterize'), posterized(magnitude)],
    [takes('solarize'), solarized(magnitude)],
    [takes('autocontrast'), stretched(counts)],
    [takes('equalize'), equalized(counts)],
  ] as const;
  const tables = operations
    .map(([isTaken, table]) => tf.mul(tf.reshape(isTaken, [isTaken.size, 1, 1]), table))
    .reduce((sum, table) => tf.add(sum, table));
  const isLookedUp = tf.addN(operations.map(([isTaken]) => isTaken));
  return choosePerImage(isLookedUp, lookUp(tf.div(tables, highest) as tf.Tensor3D, levels), images);
}

/** A table of all levels, [1, 1, 256]. */
const tableOf = (rule: (level: number) => number) =>
  tf.tensor3d(
    Float32Array.from({ length: levelCount }, (_, level) => rule(level)),
    [1, 1, levelCount],
  );

/** Keeps 8 bits of a level at magnitude 0 and 4 at the strongest. */
function posterized(magnitude: number): tf.Tensor3D {
  const step = 2 ** Math.round((4 * magnitude) / strongest);
  return tableOf((level) => level - (level % step));
}

/** Inverts levels from 255 on at magnitude 0, all at the strongest. */
function solarized(magnitude: number): tf.Tensor3D {
  const threshold = highest * (1 - magnitude / strongest);
  return tableOf((level) => (level >= threshold ? highest - level : level));
}

/** Stretches each channel's levels over the whole range; a channel of one level is left alone. */
function stretched(counts: tf.Tensor3D): tf.Tensor {
  const { lowest, largest } = occurring(counts);
  const range = tf.sub(largest, lowest);
  const level = tableOf((value) => value);
  const wide = tf.mul(tf.sub(level, lowest), tf.div(highest, tf.maximum(range, 1)));
  return tf.where(tf.greater(range, 0), tf.clipByValue(wide, 0, highest), level);
}

/** Makes all levels occur about as often: Pillow's rule, which leaves the share of the largest level out of account. */
function equalized(counts: tf.Tensor3D): tf.Tensor {
  const level = tableOf((value) => value);
  const { largest } = occurring(counts);
  const ofLargest = tf.sum(tf.mul(counts, tf.cast(tf.equal(level, largest), 'float32')), 2, true);
  const step = tf.floor(tf.div(tf.sub(tf.sum(counts, 2, true), ofLargest), highest));
  const before = tf.cumsum(counts, 2, true);
  const spread = tf.floor(tf.div(tf.add(before, tf.floor(tf.div(step, 2))), tf.maximum(step, 1)));
  return tf.where(tf.greater(step, 0), tf.clipByValue(spread, 0, highest), level);
}

/** The lowest and the largest level that a channel has, each [batch, channel, 1]. */
function occurring(counts: tf.Tensor3D): { lowest: tf.Tensor; largest: tf.Tensor } {
  const occurs = tf.greater(counts, 0);
  const level = tableOf((value) => value);
  return { lowest: tf.min(tf.where(occurs, level, highest), 2, true), largest: tf.max(tf.where(occurs, level, 0), 2, true) };
}
