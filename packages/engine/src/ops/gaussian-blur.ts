import * as tf from '@tensorflow/tfjs-core';
import { perImage } from './per-image.ts';

/**
 * Blurs images [batch, height, width, channel] by a Gaussian of a width of its own for each, `sigma` [batch] in pixels, cut off at
 * `radius` pixels; the border is mirrored (its own row and column are not repeated). A sigma of 0 leaves an image alone. Needs
 * height and width over `radius`.
 */
export function gaussianBlur(images: tf.Tensor4D, sigma: tf.Tensor1D, radius: number): tf.Tensor4D {
  const weights = kernelWeights(sigma, radius);
  return blurAlong(blurAlong(images, 1, weights), 2, weights);
}

/** The weight of the pixels at distance 0, 1, …, radius to either side, each [batch, 1, 1, 1]. */
function kernelWeights(sigma: tf.Tensor1D, radius: number): [tf.Tensor4D, ...tf.Tensor4D[]] {
  const spread = perImage(tf.mul(tf.square(sigma), -2));
  const sides = Array.from({ length: radius }, (_, i) => tf.exp(tf.div((i + 1) ** 2, spread)) as tf.Tensor4D);
  const total = sides.reduce<tf.Tensor4D>((sum, side) => tf.add(sum, tf.mul(side, 2)), tf.onesLike(spread));
  return [tf.div(1, total) as tf.Tensor4D, ...sides.map((side) => tf.div(side, total) as tf.Tensor4D)];
}

function blurAlong(images: tf.Tensor4D, axis: 1 | 2, [centre, ...sides]: [tf.Tensor4D, ...tf.Tensor4D[]]): tf.Tensor4D {
  const radius = sides.length;
  if (radius === 0) return images;
  const paddings = [0, 1, 2, 3].map((at) => (at === axis ? [radius, radius] : [0, 0]) as [number, number]);
  const padded = tf.mirrorPad(images, paddings, 'reflect');
  const shifted = (by: number) => {
    const begin = [0, 0, 0, 0];
    begin[axis] = radius + by;
    return tf.slice(padded, begin, images.shape);
  };
  return sides.reduce<tf.Tensor4D>(
    (sum, weight, i) => tf.add(sum, tf.mul(tf.add(shifted(-i - 1), shifted(i + 1)), weight)),
    tf.mul(images, centre),
  );
}
