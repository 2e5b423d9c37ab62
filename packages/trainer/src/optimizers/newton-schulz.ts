import * as tf from '@tensorflow/tfjs-core';
import { euclideanNorm } from './trust-ratio.ts';

/** Coefficients of x ← ax + bx³ + cx⁵ that pull every singular value into about [0.7, 1.2] soonest (Jordan et al., 2024). */
const [a, b, c] = [3.4445, -4.775, 2.0315];

/**
 * The nearest semi-orthogonal matrix to a matrix [rows, columns], about: UVᵀ of its singular value decomposition UΣVᵀ, every singular
 * value between 0.7 and 1.2. In float32 (the reference uses bfloat16, which gives other digits on every device).
 */
export function orthogonalized(matrix: tf.Tensor2D, iterations: number): tf.Tensor2D {
  const isTall = matrix.shape[0] > matrix.shape[1];
  let x = tf.div(matrix, tf.add(euclideanNorm(matrix), 1e-7)) as tf.Tensor2D;
  if (isTall) x = tf.transpose(x); // the products below then have the shorter side's size
  for (let i = 0; i < iterations; i++) {
    const square = tf.matMul(x, x, false, true);
    const polynomial = tf.add(tf.mul(square, b), tf.mul(tf.matMul(square, square), c)) as tf.Tensor2D;
    x = tf.add(tf.mul(x, a), tf.matMul(polynomial, x));
  }
  return isTall ? tf.transpose(x) : x;
}
