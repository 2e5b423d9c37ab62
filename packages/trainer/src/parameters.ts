import type { Rng } from '@scion/engine/ops';
import { createPhilox, hashName, philoxUniform } from '@scion/engine/ops';
import type * as tf from '@tensorflow/tfjs-core';

/** How a parameter starts. `bound` and `std` are in the parameter's own units. */
export type Initializer =
  | { type: 'constant'; value: number }
  | { type: 'uniform'; bound: number }
  | { type: 'normal'; std: number }
  /** As another parameter of the same shape does, or with whatever that is loaded from. */
  | { type: 'sameAs'; parameter: ParameterSpec };

/**
 * How a parameter lies in a file, where PyTorch's order is kept so that weights move both ways: `convolution` is
 * [height, width, in, out] here and [out, in, height, width] there, `linear` is [in, out] here and [out, in] there;
 * `flattened` is a linear layer whose inputs are a feature map's [height, width, channel] here and [channel, height, width] there.
 */
export type Layout =
  | { type: 'plain' }
  | { type: 'convolution' }
  | { type: 'linear' }
  | { type: 'flattened'; map: readonly [number, number, number] };

/** `statistic` is a running average that no gradient reaches; regularizers act on `weight` alone. */
export type ParameterRole = 'weight' | 'bias' | 'norm' | 'statistic';

/** One named tensor of a network, named as in timm or torchvision. `shape` is the shape in tfjs. */
export type ParameterSpec = {
  name: string;
  shape: readonly number[];
  init: Initializer;
  role: ParameterRole;
  layout: Layout;
  /** Says that the parameter [1, prefix + rows · columns, width] holds a row for each place of a grid, which can be resized. */
  grid?: PositionGrid;
  /** Says that training alone needs it: no part of the model. */
  trainingOnly?: true;
};

/** `prefix` rows that stand for no place come first, then the places row by row. */
export type PositionGrid = { prefix: number; rows: number; columns: number };

/** What a layer is given when it runs: its parameters by name, and how to draw random numbers and update running averages. */
export type Forward = {
  parameter(name: string): tf.Tensor;
  training: boolean;
  rng: Rng;
  /** The value that the running average `name` takes after this step. */
  updateStatistic(name: string, value: tf.Tensor): void;
  /** Whether the normalisation `layer` goes by its running averages as they are, although the network trains. Left out: none does. */
  keepsAverages?(layer: string): boolean;
};

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

export function parameterCount(parameters: readonly ParameterSpec[]): number {
  return parameters.filter(({ role }) => role !== 'statistic').reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** The first values of a parameter: a function of the seed and the parameter's name alone, on every device. */
export function initialValues({ name, shape, init }: ParameterSpec, seed: number): Float32Array {
  const size = sizeOf(shape);
  switch (init.type) {
    case 'constant':
      return new Float32Array(size).fill(init.value);
    case 'uniform':
      return philoxUniform(size, seed, hashName(name)).map((u) => (2 * u - 1) * init.bound);
    case 'normal':
      return normalValues(size, seed, hashName(name)).map((n) => n * init.std);
    case 'sameAs':
      return initialValues(init.parameter, seed);
  }
}

/** Box-Muller on 32-bit uniforms; u1 is kept off zero. */
function normalValues(size: number, seedA: number, seedB: number): Float32Array {
  const next = createPhilox(seedA, seedB);
  return Float32Array.from({ length: size }, () => {
    const u1 = (next() + 1) / 0x100000001;
    const u2 = next() / 0x100000000;
    return Math.sqrt(-2 * Math.log(u1)) * Math.cos(2 * Math.PI * u2);
  });
}

/** A value that stays with the run, under another name, and starts as the parameter does: pretrained, where that is. No part of the model. */
export function startingAs(parameter: ParameterSpec, name: string): ParameterSpec {
  return { ...parameter, name, role: 'statistic', init: { type: 'sameAs', parameter }, trainingOnly: true };
}
