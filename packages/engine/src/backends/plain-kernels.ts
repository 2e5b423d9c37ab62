import * as tf from '@tensorflow/tfjs-core';
import { philoxUniform } from '../ops/philox.ts';
import { statelessUniformKernel } from '../ops/random.ts';
import type { ConvolutionGradients } from './gradient-kernels.ts';
import { padOrCut, spreadOverInput } from './map-shape.ts';

type ReadableBackend = { readSync(dataId: tf.DataId): Int32Array };

/** Kernels in JavaScript for the backends without TensorFlow; they draw the same numbers as TensorFlow's. */
export function registerPlainRandom(backendName: string): void {
  tf.registerKernel({
    kernelName: statelessUniformKernel,
    backendName,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const key = inputs['key'];
      if (!key) throw new Error('The kernel needs the input "key"');
      const [seedA = 0, seedB = 0] = (backend as unknown as ReadableBackend).readSync(key.dataId);
      const shape = (attrs as { shape: number[] }).shape;
      return tf.tensor(philoxUniform(tf.util.sizeFromShape(shape), seedA, seedB), shape, 'float32');
    },
  });
}

/**
 * The two gradients of a convolution for the WebAssembly backend. It lacks the one by the filter, and its own by the input is a
 * plain loop; both are built here of matrix products and convolutions, which it runs fast.
 */
export const convolutionGradients: ConvolutionGradients = {
  kernelNames: { filter: tf.Conv2DBackpropFilter, input: tf.Conv2DBackpropInput },
  isDepthwise: false,
  filterGradient,
  inputGradient,
};

/**
 * A convolution itself, with the roles changed: the batch is summed over like channels, the output gradient is the filter, and the
 * strides lie between its entries.
 */
function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, info: tf.backend_util.Conv2DInfo): tf.Tensor4D {
  const { inChannels, outChannels, filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const { top, bottom, left, right } = info.padInfo;
  const padded = padOrCut(padOrCut(x, 1, [top, bottom]), 2, [left, right]);
  const batchAsChannels = tf.transpose(padded, [3, 1, 2, 0]);
  const gradientAsFilter = tf.transpose(dy, [1, 2, 0, 3]);
  const taps = tf.conv2d(batchAsChannels, gradientAsFilter, 1, 'valid', 'NHWC', [strideHeight, strideWidth]);
  // Where the strides do not reach the last row or column, there are more places than taps.
  return tf.transpose(tf.slice4d(taps, [0, 0, 0, 0], [inChannels, filterHeight, filterWidth, outChannels]), [1, 2, 0, 3]);
}

/** The output gradient, spread out by the strides, convolved with the filter turned around. */
function inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D, info: tf.backend_util.Conv2DInfo): tf.Tensor4D {
  const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  return tf.conv2d(spreadOverInput(dy, info), turned, 1, 'valid');
}
