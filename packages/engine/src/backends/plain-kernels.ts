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
 * Gradient of a convolution by its filter, which the WebAssembly backend lacks: for each filter tap, the matrix product of the
 * input pixels that the tap saw with the output gradient.
 */
export function registerConvolutionFilterGradient(backendName: string): void {
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
}

function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, info: tf.backend_util.Conv2DInfo): tf.Tensor4D {
  const { batchSize, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const { top, bottom, left, right } = info.padInfo;
  const padded = tf.pad4d(x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
  const gradientRows = tf.reshape(dy, [-1, outChannels]) as tf.Tensor2D;
  const taps: tf.Tensor[] = [];
  for (let row = 0; row < filterHeight; row++) {
    for (let column = 0; column < filterWidth; column++) {
      const end = [batchSize, row + (outHeight - 1) * strideHeight + 1, column + (outWidth - 1) * strideWidth + 1, inChannels];
      const seen = tf.stridedSlice(padded, [0, row, column, 0], end, [1, strideHeight, strideWidth, 1]);
      taps.push(tf.matMul(tf.reshape(seen, [-1, inChannels]) as tf.Tensor2D, gradientRows, true, false));
    }
  }
  return tf.reshape(tf.stack(taps), [filterHeight, filterWidth, inChannels, outChannels]) as tf.Tensor4D;
}

function asTensor(info: tf.TensorInfo | undefined): tf.Tensor {
  if (!info) throw new Error('The kernel lacks an input');
  return info instanceof tf.Tensor ? info : tf.engine().makeTensorFromTensorInfo(info);
}
