import * as tf from '@tensorflow/tfjs-core';
import { asTensor } from './map-shape.ts';

type Conv2DInfo = tf.backend_util.Conv2DInfo;
type Attributes = tf.Conv2DBackpropFilterAttrs & tf.Conv2DBackpropInputAttrs;

/** The two gradients of a kind of convolution, as functions of tensors. */
export type ConvolutionGradients = {
  kernelNames: { filter: string; input: string };
  isDepthwise: boolean;
  filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, info: Conv2DInfo): tf.Tensor4D;
  inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D, info: Conv2DInfo): tf.Tensor4D;
};

/** Makes them a backend's kernels, in place of its own where it has any. */
export function registerGradientKernels(backendName: string, gradients: ConvolutionGradients): void {
  const { kernelNames, isDepthwise, filterGradient, inputGradient } = gradients;
  type Shape = [number, number, number, number];
  const infoOf = (inputShape: Shape, filterShape: Shape, { strides, pad, dimRoundingMode }: Attributes) =>
    tf.backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad, dimRoundingMode, isDepthwise);

  register(kernelNames.filter, (inputs, attributes) => {
    const [x, dy] = [tensorOf(inputs, 'x'), tensorOf(inputs, 'dy')];
    const info = infoOf(x.shape, attributes.filterShape, attributes);
    return tf.tidy(() => filterGradient(x, dy, info));
  });
  register(kernelNames.input, (inputs, attributes) => {
    const [dy, filter] = [tensorOf(inputs, 'dy'), tensorOf(inputs, 'filter')];
    const info = infoOf(attributes.inputShape, filter.shape, attributes);
    return tf.tidy(() => inputGradient(dy, filter, info));
  });

  function register(kernelName: string, compute: (inputs: tf.NamedTensorInfoMap, attributes: Attributes) => tf.Tensor4D): void {
    if (tf.getKernel(kernelName, backendName)) tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) => compute(inputs, attrs as unknown as Attributes),
    });
  }
}

const tensorOf = (inputs: tf.NamedTensorInfoMap, name: string) => asTensor(inputs[name]) as tf.Tensor4D;
