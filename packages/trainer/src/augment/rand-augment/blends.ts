import { luminance, perImage } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type Choice, type OperationName, strongest } from './operations.ts';

/** A factor lies this far from 1 at the strongest magnitude. */
const strongestChange = 0.9;

/**
 * Brightness, colour, contrast and sharpness all blend an image with something else: with black, its own grey, its mean grey, itself
 * smoothed. One expression does them all: image + Σ (1 - factor) (other - image), where 1 - factor is 0 but for the image's operation.
 */
export function applyBlends(images: tf.Tensor4D, { takes, sign }: Choice, magnitude: number): tf.Tensor4D {
  const change = (magnitude / strongest) * strongestChange;
  const amount = (name: OperationName) => perImage(tf.mul(tf.mul(takes(name), sign), change));
  const [brightness, color, contrast] = [amount('brightness'), amount('color'), amount('contrast')];
  const gray = luminance(images);
  const others = tf.add(tf.mul(gray, color), tf.mul(tf.mean(gray, [1, 2, 3], true), contrast));
  const kept = tf.sub(1, tf.addN([brightness, color, contrast]));
  const blended = tf.add(tf.mul(images, kept), others) as tf.Tensor4D;
  const difference = smoothedDifference(images);
  const result = difference ? tf.add(blended, tf.mul(difference, amount('sharpness'))) : blended;
  return tf.clipByValue(result, 0, 1) as tf.Tensor4D;
}

/**
 * The image under the kernel [1 1 1; 1 5 1; 1 1 1] / 13, minus the image; 0 at the border, which is not smoothed. Null for images
 * that are border only.
 */
function smoothedDifference(images: tf.Tensor4D): tf.Tensor4D | null {
  const [batch, height, width, channels] = images.shape;
  if (height < 3 || width < 3) return null;
  const rows = tf.addN([0, 1, 2].map((down) => tf.slice(images, [0, down, 0, 0], [batch, height - 2, width, channels])));
  const square = tf.addN([0, 1, 2].map((right) => tf.slice(rows, [0, 0, right, 0], [batch, height - 2, width - 2, channels])));
  const inner = tf.slice(images, [0, 1, 1, 0], [batch, height - 2, width - 2, channels]);
  const difference = tf.div(tf.sub(square, tf.mul(inner, 9)), 13) as tf.Tensor4D;
  return tf.pad4d(difference, [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
}
