import * as tf from '@tensorflow/tfjs-core';
import type { ConvolutionGradients } from './gradient-kernels.ts';
import { padOrCut, spreadOverInput } from './map-shape.ts';

/** The two gradients of a depthwise convolution, which the WebAssembly backend lacks, built of what it runs fast. */
export const depthwiseGradients: ConvolutionGradients = {
  kernelNames: { filter: tf.DepthwiseConv2dNativeBackpropFilter, input: tf.DepthwiseConv2dNativeBackpropInput },
  isDepthwise: true,
  filterGradient: (x, dy, info) => filterGradient(x, dy, oneFilterEach(info)),
  inputGradient: (dy, filter, info) => inputGradient(dy, filter, oneFilterEach(info)),
};

function oneFilterEach(info: tf.backend_util.Conv2DInfo): tf.backend_util.Conv2DInfo {
  if (info.outChannels !== info.inChannels) throw new Error('Depthwise gradients are written for one filter a channel');
  return info;
}

/** Each tap of the filter saw every stride-th pixel of x from its own place on: their products with dy, summed. */
function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, info: tf.backend_util.Conv2DInfo): tf.Tensor4D {
  const { filterHeight, filterWidth, strideHeight, strideWidth, outHeight, outWidth, inChannels } = info;
  const { top, bottom, left, right } = info.padInfo;
  const padded = padOrCut(padOrCut(x, 1, [top, bottom]), 2, [left, right]);
  const taps = Array.from({ length: filterHeight * filterWidth }, (_, tap) => {
    const [row, column] = [Math.floor(tap / filterWidth), tap % filterWidth];
    const end = [row + (outHeight - 1) * strideHeight + 1, column + (outWidth - 1) * strideWidth + 1] as const;
    const seen = tf.stridedSlice(
      padded,
      [0, row, column, 0],
      [padded.shape[0], end[0], end[1], inChannels],
      [1, strideHeight, strideWidth, 1],
    );
    return tf.sum(tf.mul(seen, dy), [0, 1, 2]);
  });
  return tf.reshape(tf.stack(taps), [filterHeight, filterWidth, inChannels, 1]);
}

/** The output gradient, spread out by the strides, convolved with the filter turned around. */
function inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D, info: tf.backend_util.Conv2DInfo): tf.Tensor4D {
  return tf.depthwiseConv2d(spreadOverInput(dy, info), tf.reverse(filter, [0, 1]), 1, 'valid');
}
