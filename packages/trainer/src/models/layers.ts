import { addBias, batchNormEval, batchNormTrain, relu6 } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Forward, Initializer, Layout, ParameterSpec } from '../parameters.ts';

/** A layer states its parameters and is applied to a tensor; it holds nothing. */
export type Layer<In extends tf.Tensor, Out extends tf.Tensor> = {
  parameters: readonly ParameterSpec[];
  apply(forward: Forward, x: In): Out;
};

export type MapLayer = Layer<tf.Tensor4D, tf.Tensor4D>;

/** One layer after the other. */
export function chain(layers: readonly MapLayer[]): MapLayer {
  return {
    parameters: layers.flatMap((layer) => layer.parameters),
    apply: (forward, x) => layers.reduce((y, layer) => layer.apply(forward, y), x),
  };
}

/** min(max(x, 0), 6), as a layer. */
export const relu6Layer: MapLayer = { parameters: [], apply: (_forward, x) => relu6(x) };

/** PyTorch's default for weights and biases of convolutions and linear layers: uniform within 1 / sqrt(fan in). */
function defaultInit(fanIn: number): Initializer {
  return { type: 'uniform', bound: 1 / Math.sqrt(fanIn) };
}

/** He et al., 2015, fan out: what torchvision's ResNets start from. */
function kaimingNormal(fanOut: number): Initializer {
  return { type: 'normal', std: Math.sqrt(2 / fanOut) };
}

export type ConvolutionOptions = {
  in: number;
  out: number;
  kernel: number;
  stride?: number;
  /** Zeros on each side, as in PyTorch; default: (kernel - 1) / 2. `same` is TensorFlow's, one-sided where the stride makes it odd. */
  padding?: number | 'same';
  bias?: boolean;
  init?: 'default' | 'kaiming-fan-out';
};

/** 2-D convolution [batch, height, width, in] → [batch, height', width', out] with symmetric zero padding. */
export function convolution(name: string, options: ConvolutionOptions): MapLayer {
  const { kernel, stride = 1, bias = true, init = 'default' } = options;
  const padding = options.padding ?? (kernel - 1) / 2;
  const fanIn = options.in * kernel * kernel;
  const weightInit = init === 'default' ? defaultInit(fanIn) : kaimingNormal(options.out * kernel * kernel);
  const weight: ParameterSpec = {
    name: `${name}.weight`,
    shape: [kernel, kernel, options.in, options.out],
    init: weightInit,
    role: 'weight',
    layout: { type: 'convolution' },
  };
  return {
    parameters: bias ? [weight, biasParameter(`${name}.bias`, options.out, defaultInit(fanIn))] : [weight],
    apply(forward, x) {
      const filter = forward.parameter(weight.name) as tf.Tensor4D;
      const y = convolve(x, filter, { kernel, stride, padding });
      return bias ? addBias(y, forward.parameter(`${name}.bias`) as tf.Tensor1D) : y;
    },
  };
}

/**
 * A filter of its own for each channel of [batch, height, width, channel]. The filters lie as [height, width, 1, channel], which is how
 * the layout of convolutions moves PyTorch's [channel, 1, height, width]. They start at He et al.'s fan out within a channel, as in timm;
 * PyTorch's own count, over all channels, lets an untrained network fade to 1e-9.
 */
export function depthwiseConvolution(
  name: string,
  options: { channels: number; kernel: number; stride: number; padding: 'symmetric' | 'same' },
): MapLayer {
  const { channels, kernel, stride, padding } = options;
  const weight: ParameterSpec = {
    name: `${name}.weight`,
    shape: [kernel, kernel, 1, channels],
    init: kaimingNormal(kernel * kernel),
    role: 'weight',
    layout: { type: 'convolution' },
  };
  return {
    parameters: [weight],
    apply(forward, x) {
      const filter = tf.reshape(forward.parameter(weight.name), [kernel, kernel, channels, 1]) as tf.Tensor4D;
      if (stride === 1 || padding === 'same') return tf.depthwiseConv2d(x, filter, stride, 'same');
      return tf.depthwiseConv2d(padMap(x, (kernel - 1) / 2), filter, stride, 'valid');
    },
  };
}

/** TensorFlow's `same` pads like PyTorch only at stride 1; elsewhere the zeros are laid on first. */
function convolve(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  { kernel, stride, padding }: { kernel: number; stride: number; padding: number | 'same' },
) {
  if (padding === 'same') return tf.conv2d(x, filter, stride, padding);
  if (padding === 0) return tf.conv2d(x, filter, stride, 'valid');
  if (stride === 1 && padding * 2 === kernel - 1) return tf.conv2d(x, filter, stride, 'same');
  return tf.conv2d(padMap(x, padding), filter, stride, 'valid');
}

/** Zeros on each side of a map [batch, height, width, channel]. */
export function padMap(x: tf.Tensor4D, padding: number): tf.Tensor4D {
  const zeros: [number, number] = [padding, padding];
  return tf.pad4d(x, [[0, 0], zeros, zeros, [0, 0]]);
}

/**
 * x [row, in] → [row, out]. `flattenedFrom` is the [height, width, channel] map that x was flattened from, if it was. Biases start at 0
 * where `init` says how the weights do.
 */
export function linear(
  name: string,
  options: { in: number; out: number; flattenedFrom?: readonly [number, number, number]; init?: Initializer },
): Layer<tf.Tensor2D, tf.Tensor2D> {
  const layout: Layout = options.flattenedFrom ? { type: 'flattened', map: options.flattenedFrom } : { type: 'linear' };
  const init = options.init ?? defaultInit(options.in);
  const weight: ParameterSpec = { name: `${name}.weight`, shape: [options.in, options.out], init, role: 'weight', layout };
  const biasInit: Initializer = options.init ? { type: 'constant', value: 0 } : init;
  return {
    parameters: [weight, biasParameter(`${name}.bias`, options.out, biasInit)],
    apply: (forward, x) =>
      addBias(tf.matMul(x, forward.parameter(weight.name) as tf.Tensor2D), forward.parameter(`${name}.bias`) as tf.Tensor1D),
  };
}

function biasParameter(name: string, size: number, init: Initializer): ParameterSpec {
  return { name, shape: [size], init, role: 'bias', layout: { type: 'plain' } };
}

export function normParameter(name: string, size: number, value: number, role: 'norm' | 'statistic' = 'norm'): ParameterSpec {
  return { name, shape: [size], init: { type: 'constant', value }, role, layout: { type: 'plain' } };
}

const momentum = 0.1; // PyTorch's default, as is the epsilon below

/** Batch normalisation over [batch, height, width]: batch statistics in training, running ones else (Ioffe & Szegedy, 2015). `scale` is what its scales start at. */
export function batchNorm(
  name: string,
  channels: number,
  { scale = 1, epsilon = 1e-5 }: { scale?: number; epsilon?: number } = {},
): MapLayer {
  const average = (running: tf.Tensor, latest: tf.Tensor) => tf.add(tf.mul(running, 1 - momentum), tf.mul(latest, momentum));
  return {
    parameters: [
      normParameter(`${name}.weight`, channels, scale),
      normParameter(`${name}.bias`, channels, 0),
      normParameter(`${name}.running_mean`, channels, 0, 'statistic'),
      normParameter(`${name}.running_var`, channels, 1, 'statistic'),
    ],
    apply(forward, x) {
      const read = (suffix: string) => forward.parameter(`${name}.${suffix}`) as tf.Tensor1D;
      const affine = { scale: read('weight'), offset: read('bias'), epsilon };
      if (!forward.training) return batchNormEval(x, affine, { mean: read('running_mean'), variance: read('running_var') });
      const { y, statistics } = batchNormTrain(x, affine);
      forward.updateStatistic(`${name}.running_mean`, average(read('running_mean'), statistics.mean));
      forward.updateStatistic(`${name}.running_var`, average(read('running_var'), statistics.variance));
      return y;
    },
  };
}

/** x [batch, height, width, channel] → [batch, channel] */
export function globalAveragePool(x: tf.Tensor4D): tf.Tensor2D {
  return tf.mean(x, [1, 2]) as tf.Tensor2D;
}

/** x [batch, height, width, channel] → [batch, height · width · channel] */
export function flatten(x: tf.Tensor4D): tf.Tensor2D {
  return tf.reshape(x, [x.shape[0], -1]) as tf.Tensor2D;
}
