import * as tf from '@tensorflow/tfjs-core';

/** Values of a byte. */
export const levelCount = 256;

/** Images in [0, 1] as bytes: int32 0 … 255, rounded. */
export function toLevels(images: tf.Tensor4D): tf.Tensor4D {
  return tf.cast(tf.round(tf.mul(tf.clipByValue(images, 0, 1), levelCount - 1)), 'int32');
}

/** How often each level occurs in each channel of each image: levels int32 [batch, height, width, channel] → [batch, channel, 256]. */
export function countLevels(levels: tf.Tensor4D): tf.Tensor3D {
  const [batch, , , channels] = levels.shape;
  const places = tf.reshape(tablePlaces(levels), [levels.size]) as tf.Tensor1D;
  const counts = tf.bincount(places, tf.tensor1d([]), batch * channels * levelCount);
  return tf.reshape(counts, [batch, channels, levelCount]);
}

/** What a table of each image's channel [batch, channel, 256] has at each level: [batch, height, width, channel]. */
export function lookUp(tables: tf.Tensor3D, levels: tf.Tensor4D): tf.Tensor4D {
  return tf.gatherND(tf.reshape(tables, [tables.size]), tf.reshape(tablePlaces(levels), [...levels.shape, 1])) as tf.Tensor4D;
}

/** Where in a row of all tables the entry of each pixel stands. */
function tablePlaces(levels: tf.Tensor4D): tf.Tensor4D {
  const [batch, , , channels] = levels.shape;
  const starts = Int32Array.from({ length: batch * channels }, (_, table) => table * levelCount);
  return tf.add(levels, tf.tensor4d(starts, [batch, 1, 1, channels], 'int32'));
}
