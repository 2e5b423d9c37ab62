import * as tf from '@tensorflow/tfjs-core';

/** The paper's set, in torchvision's order. */
export const operationNames = [
  'identity',
  'shear-x',
  'shear-y',
  'translate-x',
  'translate-y',
  'rotate',
  'brightness',
  'color',
  'contrast',
  'sharpness',
  'posterize',
  'solarize',
  'autocontrast',
  'equalize',
] as const;
export type OperationName = (typeof operationNames)[number];

/** The strongest magnitude; magnitudes count from 0, as in torchvision, whose 31 bins these are. */
export const strongest = 30;

/** Which operation each image undergoes, and in which direction where it has two. */
export type Choice = {
  /** 1 for each image that undergoes the operation, 0 for the rest: float32 [batch]. */
  takes(name: OperationName): tf.Tensor1D;
  /** 1 or -1 for each image: float32 [batch]. */
  sign: tf.Tensor1D;
};

/** One operation for each image of two uniform draws [batch], each operation as likely. */
export function chooseOperation(operationDraw: tf.Tensor, signDraw: tf.Tensor): Choice {
  const index = tf.floor(tf.mul(operationDraw, operationNames.length));
  return {
    takes: (name) => tf.cast(tf.equal(index, operationNames.indexOf(name)), 'float32') as tf.Tensor1D,
    sign: tf.where(tf.less(signDraw, 0.5), tf.onesLike(signDraw), -1) as tf.Tensor1D,
  };
}
