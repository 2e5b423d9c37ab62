import * as tf from '@tensorflow/tfjs-core';
import { perImage } from './per-image.ts';

/** How much each of red, green and blue counts for brightness (ITU-R BT.601). */
const lumaWeights = [0.299, 0.587, 0.114] as const;

/** Brightness of RGB or grey images [batch, height, width, 3 or 1]: [batch, height, width, 1]. */
export function luminance(images: tf.Tensor4D): tf.Tensor4D {
  if (images.shape[3] === 1) return images;
  const [red, green, blue] = channelsOf(images);
  const [redWeight, greenWeight, blueWeight] = lumaWeights;
  return tf.add(tf.add(tf.mul(red, redWeight), tf.mul(green, greenWeight)), tf.mul(blue, blueWeight));
}

/** `factor` of the image and 1 - `factor` of another, in [0, 1]; a factor over 1 leads away from the other. All are broadcast. */
export function blend(images: tf.Tensor4D, other: tf.Tensor, factor: tf.Tensor4D): tf.Tensor4D {
  return tf.clipByValue(tf.add(tf.mul(images, factor), tf.mul(other, tf.sub(1, factor))), 0, 1) as tf.Tensor4D;
}

/** Turns the hue of RGB images in [0, 1] by a share of the colour circle, one an image [batch]. Grey images are left alone. */
export function shiftHue(images: tf.Tensor4D, turns: tf.Tensor1D): tf.Tensor4D {
  if (images.shape[3] === 1) return images;
  const [red, green, blue] = channelsOf(images);
  const value = tf.maximum(tf.maximum(red, green), blue);
  const chroma = tf.sub(value, tf.minimum(tf.minimum(red, green), blue));
  const share = (a: tf.Tensor, b: tf.Tensor) => tf.div(tf.sub(a, b), tf.maximum(chroma, Number.EPSILON));
  // The hue in sixths of the circle, counted from red: which channel is largest says the third, the other two the place in it.
  const hue = tf.where(
    tf.equal(value, red),
    share(green, blue),
    tf.where(tf.equal(value, green), tf.add(share(blue, red), 2), tf.add(share(red, green), 4)),
  );
  const turned = tf.add(hue, tf.mul(perImage(turns), 6));
  // Back to RGB, all three at once: value - chroma · max(0, min(k, 4 - k, 1)) with k = (5, 3, 1) + hue around the circle of 6.
  const place = tf.add(turned, tf.tensor1d([5, 3, 1]));
  const around = tf.sub(place, tf.mul(tf.floor(tf.div(place, 6)), 6));
  const missing = tf.clipByValue(tf.minimum(around, tf.sub(4, around)), 0, 1);
  return tf.sub(value, tf.mul(chroma, missing)) as tf.Tensor4D;
}

function channelsOf(images: tf.Tensor4D): [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] {
  return tf.split(images, 3, 3) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
}
