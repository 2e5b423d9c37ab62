import * as tf from '@tensorflow/tfjs-core';

/** Sine and cosine of an affine map, with its shear, scale and shift, one value an example: each [batch]. */
export type AffineParts = {
  angle: tf.Tensor1D;
  scale: tf.Tensor1D;
  shiftX: tf.Tensor1D;
  shiftY: tf.Tensor1D;
  shear: tf.Tensor1D;
};

/**
 * Maps images [batch, height, width, channel] by eight numbers an image [batch, 8], TensorFlow's ImageProjectiveTransformV3: output
 * pixel (x, y) takes the input at (a0 x + a1 y + a2, b0 x + b1 y + b2) / (c0 x + c1 y + 1); outside the input it is 0, or with
 * `outside: 'nearest'` as the nearest pixel inside. No gradient.
 */
export function projectiveTransform(
  images: tf.Tensor4D,
  transforms: tf.Tensor2D,
  options: { interpolation: 'nearest' | 'bilinear'; outside?: 'zero' | 'nearest'; outputShape?: [number, number] },
): tf.Tensor4D {
  const { interpolation, outside = 'zero', outputShape = [images.shape[1], images.shape[2]] } = options;
  return tf.image.transform(images, transforms, interpolation, outside === 'zero' ? 'constant' : 'nearest', 0, outputShape);
}

/**
 * The eight numbers an image [batch, 8] that turn (radians), shear (radians), scale and shift (pixels) it about its centre. Output
 * pixels are looked up in the input, so this is the inverse of the map that a viewer sees.
 */
export function affineTransforms(parts: AffineParts, size: { height: number; width: number }): tf.Tensor2D {
  const { angle, scale, shiftX, shiftY, shear } = parts;
  const centreX = (size.width - 1) / 2;
  const centreY = (size.height - 1) / 2;
  // Forward map: p' = S(scale) R(angle) H(shear) (p - centre) + centre + shift, H = [[1, tan shear], [0, 1]].
  const cos = tf.div(tf.cos(angle), scale);
  const sin = tf.div(tf.sin(angle), scale);
  const slope = tf.tan(shear);
  const a0 = tf.add(cos, tf.mul(slope, sin));
  const a1 = tf.sub(sin, tf.mul(slope, cos));
  const b0 = tf.neg(sin);
  const b1 = cos;
  const fromX = tf.add(shiftX, centreX);
  const fromY = tf.add(shiftY, centreY);
  const a2 = tf.sub(centreX, tf.add(tf.mul(a0, fromX), tf.mul(a1, fromY)));
  const b2 = tf.sub(centreY, tf.add(tf.mul(b0, fromX), tf.mul(b1, fromY)));
  const zero = tf.zerosLike(angle);
  return tf.stack([a0, a1, a2, b0, b1, b2, zero, zero], 1) as tf.Tensor2D;
}
