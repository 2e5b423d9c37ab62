import { addBias, batchNormEval, batchNormTrain, relu, relu6 } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Forward, Initializer, ParameterSpec } from '../parameters.ts';

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

/** max(x, 0), as a layer. */
export const reluLayer: MapLayer = { parameters: [], apply: (_forward, x) => relu(x) };

/** min(max(x, 0), 6), as a layer. */
export const relu6Layer: MapLayer = { parameters: [], apply: (_forward, x) => relu6(x) };

/** PyTorch's default for weights and biases of convolutions and linear layers: uniform within 1 / sqrt(fan in). */
function defaultInit(fanIn: number): Initializer {
  return { type: 'uniform', bound: 1 / Math.sqrt(fanIn) };
}

const zero: Initializer = { type: 'constant', value: 0 };

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
  /** Of the weights; biases start at 0 where it is an initializer, else as PyTorch's do. */
  init?: 'default' | 'kaiming-fan-out' | Initializer;
};

/** 2-D convolution [batch, height, width, in] → [batch, height', width', out] with symmetric zero padding. */
export function convolution(name: string, options: ConvolutionOptions): MapLayer {
  const { kernel, stride = 1, bias = true, init = 'default' } = options;
  const padding = options.padding ?? (kernel - 1) / 2;
  const fanIn = options.in * kernel * kernel;
  const named = { default: defaultInit(fanIn), 'kaiming-fan-out': kaimingNormal(options.out * kernel * kernel) };
  const isNamed = typeof init === 'string';
  const weight: ParameterSpec = {
    name: `${name}.weight`,
    shape: [kernel, kernel, options.in, options.out],
    init: isNamed ? named[init] : init,
    role: 'weight',
    layout: { type: 'convolution' },
  };
  return {
    parameters: bias ? [weight, biasParameter(`${name}.bias`, options.out, isNamed ? named.default : zero)] : [weight],
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
 * PyTorch's own count, over all channels, lets an untrained network fade to 1e-9. With an `init` of its own it has biases too, from 0.
 */
export function depthwiseConvolution(
  name: string,
  options: { channels: number; kernel: number; stride: number; padding: 'symmetric' | 'same'; init?: Initializer },
): MapLayer {
  const { channels, kernel, stride, padding, init } = options;
  const weight: ParameterSpec = {
    name: `${name}.weight`,
    shape: [kernel, kernel, 1, channels],
    init: init ?? kaimingNormal(kernel * kernel),
    role: 'weight',
    layout: { type: 'convolution' },
  };
  const convolved = (forward: Forward, x: tf.Tensor4D): tf.Tensor4D => {
    const filter = tf.reshape(forward.parameter(weight.name), [kernel, kernel, channels, 1]) as tf.Tensor4D;
    if (stride === 1 || padding === 'same') return tf.depthwiseConv2d(x, filter, stride, 'same');
    return tf.depthwiseConv2d(padMap(x, (kernel - 1) / 2), filter, stride, 'valid');
  };
  if (!init) return { parameters: [weight], apply: convolved };
  const bias = biasParameter(`${name}.bias`, channels, zero);
  return {
    parameters: [weight, bias],
    apply: (forward, x) => addBias(convolved(forward, x), forward.parameter(bias.name) as tf.Tensor1D),
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

export type LinearOptions = {
  in: number;
  out: number;
  /** The [height, width, channel] map that the rows were flattened from, if they were. */
  flattenedFrom?: readonly [number, number, number];
  /** Whether it lies in files as a 1×1 convolution. */
  pointwise?: boolean;
  bias?: boolean;
  /** Of the weights; biases start at 0 where it is given, else as PyTorch's do. */
  init?: Initializer;
};

/** x [row, in] → [row, out] */
export function linear(name: string, options: LinearOptions): Layer<tf.Tensor2D, tf.Tensor2D> {
  const { in: before, out, bias = true } = options;
  const init = options.init ?? defaultInit(before);
  const weight: ParameterSpec = { name: `${name}.weight`, init, role: 'weight', ...linearShape(options) };
  return {
    parameters: bias ? [weight, biasParameter(`${name}.bias`, out, options.init ? zero : init)] : [weight],
    apply(forward, x) {
      if (!bias) return tf.matMul(x, asMatrix(forward.parameter(weight.name)));
      const read = readLinear(forward, name);
      return addBias(tf.matMul(x, read.weight), read.bias);
    },
  };
}

function linearShape({
  in: before,
  out,
  flattenedFrom,
  pointwise = false,
}: LinearOptions): Pick<ParameterSpec, 'shape' | 'layout'> {
  if (pointwise) return { shape: [1, 1, before, out], layout: { type: 'convolution' } };
  return { shape: [before, out], layout: flattenedFrom ? { type: 'flattened', map: flattenedFrom } : { type: 'linear' } };
}

/** The weight [in, out] and the bias [out] of a linear layer. */
export function readLinear(forward: Forward, name: string): { weight: tf.Tensor2D; bias: tf.Tensor1D } {
  return {
    weight: asMatrix(forward.parameter(`${name}.weight`)),
    bias: forward.parameter(`${name}.bias`) as tf.Tensor1D,
  };
}

/** [in, out], of a 1×1 convolution's [1, 1, in, out] too. */
function asMatrix(weight: tf.Tensor): tf.Tensor2D {
  const [before = 0, out = 0] = weight.shape.slice(-2);
  return weight.rank === 2 ? (weight as tf.Tensor2D) : tf.reshape(weight, [before, out]);
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
      if (!forward.training || forward.keepsAverages?.(name))
        return batchNormEval(x, affine, { mean: read('running_mean'), variance: read('running_var') });
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
