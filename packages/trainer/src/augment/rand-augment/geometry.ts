import { projectiveTransform } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type Choice, strongest } from './operations.ts';

const strongestShear = 0.3;
const strongestDegrees = 30;
/** Share of the side; AutoAugment's 150 pixels of 331. */
const strongestShift = 150 / 331;

/** Shears (from the upper left corner), shifts (by whole pixels) or turns (about the middle) those images whose operation it is. */
export function applyGeometry(images: tf.Tensor4D, { takes, sign }: Choice, magnitude: number): tf.Tensor4D {
  const [, height, width] = images.shape;
  const share = magnitude / strongest;
  const signed = (name: Parameters<Choice['takes']>[0], amount: number) => tf.mul(tf.mul(takes(name), sign), amount);
  const angle = signed('rotate', (share * strongestDegrees * Math.PI) / 180);
  const shift = (side: number) => Math.trunc(share * strongestShift * side);
  const [cos, sin] = [tf.cos(angle), tf.sin(angle)];
  const [centreX, centreY] = [(width - 1) / 2, (height - 1) / 2];
  // An output pixel (x, y) is looked up at (a0 x + a1 y + a2, b0 x + b1 y + b2); but for its own, each operation's part is 0.
  const [shearX, shearY] = [signed('shear-x', share * strongestShear), signed('shear-y', share * strongestShear)];
  const a1 = tf.add(sin, shearX);
  const b0 = tf.sub(shearY, sin);
  const turnedX = tf.sub(centreX, tf.add(tf.mul(cos, centreX), tf.mul(sin, centreY)));
  const turnedY = tf.sub(centreY, tf.sub(tf.mul(cos, centreY), tf.mul(sin, centreX)));
  // The corner from which it is sheared lies half a pixel before the middle of the first pixel.
  const a2 = tf.addN([turnedX, tf.mul(shearX, 0.5), signed('translate-x', shift(width))]);
  const b2 = tf.addN([turnedY, tf.mul(shearY, 0.5), signed('translate-y', shift(height))]);
  const zero = tf.zerosLike(angle);
  const transforms = tf.stack([cos, a1, a2, b0, cos, b2, zero, zero], 1) as tf.Tensor2D;
  return projectiveTransform(images, transforms, { interpolation: 'bilinear' });
}
