import * as tf from '@tensorflow/tfjs-core';

/**
 * The output gradient of a convolution as its gradient by the input needs it: its entries as far apart as the strides set them, in
 * zeros enough for a `valid` convolution with the turned filter to give the size of the input.
 */
export function spreadOverInput(dy: tf.Tensor4D, info: tf.backend_util.Conv2DInfo): tf.Tensor4D {
  const { inHeight, inWidth, filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const { top, left } = info.padInfo;
  const spread = spreadOut(spreadOut(dy, 1, strideHeight), 2, strideWidth);
  const before = [filterHeight - 1 - top, filterWidth - 1 - left] as const;
  const after = [inHeight - spread.shape[1] + top, inWidth - spread.shape[2] + left] as const;
  return padOrCut(padOrCut(spread, 1, [before[0], after[0]]), 2, [before[1], after[1]]);
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
export function padOrCut(x: tf.Tensor4D, axis: 1 | 2, [before, after]: readonly [number, number]): tf.Tensor4D {
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

/** What a kernel is given, as a tensor that ops take. */
export function asTensor(info: tf.TensorInfo | undefined): tf.Tensor {
  if (!info) throw new Error('The kernel lacks an input');
  return info instanceof tf.Tensor ? info : tf.engine().makeTensorFromTensorInfo(info);
}
