import { addBias, geluCore, normalizeRows } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Forward, Initializer, ParameterSpec } from '../parameters.ts';
import { type Layer, linear, normParameter, readLinear } from './layers.ts';

/** Tokens of a batch, or pixels of maps, one a row: [batch · token, width]. */
export type TokenLayer = Layer<tf.Tensor2D, tf.Tensor2D>;

const epsilon = 1e-6; // timm's for vision transformers and ConvNeXt

type Names = { norm: string; linear: string };

/** Layer normalisation of each row [row, feature] (Ba et al., 2016). */
export function layerNormalization(name: string, features: number): TokenLayer {
  return {
    parameters: normParameters(name, features),
    apply(forward, x) {
      const { scale, offset } = readNorm(forward, name);
      return tf.add(tf.mul(normalizeRows(x, epsilon), scale), offset);
    },
  };
}

/** A linear layer of what a layer normalisation gives. Scale and offset go into the linear layer's weights, which are the smaller tensor. */
export function normalizedLinear(names: Names, options: { in: number; out: number; init: Initializer }): TokenLayer {
  return {
    parameters: [...normParameters(names.norm, options.in), ...linear(names.linear, options).parameters],
    apply(forward, x) {
      const { weight, bias } = foldedLinear(forward, names);
      return addBias(tf.matMul(normalizeRows(x, epsilon), weight), bias);
    },
  };
}

/** Layer normalisation, a linear layer, GELU, a linear layer. `pointwise` is how the two linear layers lie in files. */
export function geluPerceptron(
  names: { norm: string; expand: string; contract: string },
  options: { width: number; hidden: number; init: Initializer; pointwise?: boolean },
): TokenLayer {
  const { width, hidden, init, pointwise = false } = options;
  return {
    parameters: [
      ...normParameters(names.norm, width),
      ...linear(names.expand, { in: width, out: hidden, init, pointwise }).parameters,
      ...linear(names.contract, { in: hidden, out: width, init, pointwise }).parameters,
    ],
    apply(forward, x) {
      const { weight, bias } = foldedLinear(forward, { norm: names.norm, linear: names.expand });
      // gelu(z) = -geluCore(-z / √2) / √2, one factor in the weights on either side.
      const u = addBias(tf.matMul(normalizeRows(x, epsilon), tf.mul(weight, -Math.SQRT1_2)), tf.mul(bias, -Math.SQRT1_2));
      const { weight: outWeight, bias: outBias } = readLinear(forward, names.contract);
      return addBias(tf.matMul(geluCore(u), tf.mul(outWeight, -Math.SQRT1_2)), outBias);
    },
  };
}

function normParameters(name: string, features: number): ParameterSpec[] {
  return [normParameter(`${name}.weight`, features, 1), normParameter(`${name}.bias`, features, 0)];
}

function readNorm(forward: Forward, name: string): { scale: tf.Tensor1D; offset: tf.Tensor1D } {
  const read = (suffix: string) => forward.parameter(`${name}.${suffix}`) as tf.Tensor1D;
  return { scale: read('weight'), offset: read('bias') };
}

/** (n ⊙ scale + offset) · W + b = n · (scale ⊙ W) + (offset · W + b) */
function foldedLinear(forward: Forward, names: Names): { weight: tf.Tensor2D; bias: tf.Tensor1D } {
  const { scale, offset } = readNorm(forward, names.norm);
  const { weight, bias } = readLinear(forward, names.linear);
  const [features] = weight.shape;
  const shifted = tf.reshape(tf.matMul(tf.reshape(offset, [1, features]) as tf.Tensor2D, weight), bias.shape);
  return { weight: tf.mul(tf.reshape(scale, [features, 1]), weight), bias: tf.add(shifted, bias) };
}
