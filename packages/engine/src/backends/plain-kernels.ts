import * as tf from '@tensorflow/tfjs-core';
import { philoxUniform } from '../ops/philox.ts';
import { statelessUniformKernel } from '../ops/random.ts';

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
export function registerConvolutionGradients(backendName: string): void {
  tf.registerKernel({
    kernelName: tf.Conv2DBackpropFilter,
    backendName,
    kernelFunc: ({ inputs, attrs }) => {
      const { strides, pad, dimRoundingMode, filterShape } = attrs as unknown as tf.Conv2DBackpropFilterAttrs;
      const x = asTensor(inputs['x']) as tf.Tensor4D;
      const dy = asTensor(inputs['dy']) as tf.Tensor4D;
      const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
      return tf.tidy(() => filterGradient(x, dy, info));
    },
  });
  tf.unregisterKernel(tf.Conv2DBackpropInput, backendName);
  tf.registerKernel({
    kernelName: tf.Conv2DBackpropInput,
    backendName,
    kernelFunc: ({ inputs, attrs }) => {
      const { strides, pad, dimRoundingMode, inputShape } = attrs as unknown as tf.Conv2DBackpropInputAttrs;
      const dy = asTensor(inputs['dy']) as tf.Tensor4D;
      const filter = asTensor(inputs['filter']) as tf.Tensor4D;
      const info = tf.backend_util.computeConv2DInfo(inputShape, filter.shape, strides, 1, pad, dimRoundingMode);
      return tf.tidy(() => inputGradient(dy, filter, info));
    },
  });
}

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
  const { inHeight, inWidth, filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const { top, left } = info.padInfo;
  const spread = spreadOut(spreadOut(dy, 1, strideHeight), 2, strideWidth);
  const before = [filterHeight - 1 - top, filterWidth - 1 - left] as const;
  const after = [inHeight - spread.shape[1] + top, inWidth - spread.shape[2] + left] as const;
  const padded = padOrCut(padOrCut(spread, 1, [before[0], after[0]]), 2, [before[1], after[1]]);
  const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  return tf.conv2d(padded, turned, 1, 'valid');
}

/** Zeros between the entries along an axis, so that they lie `stride` apart: n entries become (n - 1) · stride + 1. */
function spreadOut(x: tf.Tensor4D, axis: 1 | 2, stride: number): tf.Tensor4D {
  if (stride === 1) return x;
  const entries = x.shape[axis];
  const apart = tf.expandDims(x, axis + 1);
  const zeros = apart.shape.map((_, at) => (at === axis + 1 ? [0, stride - 1] : [0, 0]) as [number, number]);
  const shape: [number, number, number, number] = [...x.shape];
  shape[axis] = entries * stride;
  return padOrCut(tf.reshape(tf.pad(apart, zeros), shape), axis, [0, 1 - stride]);
}

/** Lays zeros before and after along an axis; a negative number cuts instead. */
function padOrCut(x: tf.Tensor4D, axis: 1 | 2, [before, after]: readonly [number, number]): tf.Tensor4D {
  const zeros = x.shape.map((_, at) => (at === axis ? [Math.max(before, 0), Math.max(after, 0)] : [0, 0]) as [number, number]);
  const padded = zeros[axis]?.every((count) => count === 0) ? x : (tf.pad(x, zeros) as tf.Tensor4D);
  const [cutBefore, cutAfter] = [Math.max(-before, 0), Math.max(-after, 0)];
  if (cutBefore + cutAfter === 0) return padded;
  const begin = padded.shape.map((_, at) => (at === axis ? cutBefore : 0)) as [number, number, number, number];
  const size = padded.shape.map((side, at) => (at === axis ? side - cutBefore - cutAfter : side)) as [
    number,
    number,
    number,
    number,
  ];
  return tf.slice4d(padded, begin, size);
}

function asTensor(info: tf.TensorInfo | undefined): tf.Tensor {
  if (!info) throw new Error('The kernel lacks an input');
  return info instanceof tf.Tensor ? info : tf.engine().makeTensorFromTensorInfo(info);
}
