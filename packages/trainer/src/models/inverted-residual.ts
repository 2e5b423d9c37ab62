import * as tf from '@tensorflow/tfjs-core';
import { batchNorm, chain, convolution, depthwiseConvolution, type MapLayer, relu6Layer } from './layers.ts';
import { deepened, widened } from './scaling.ts';

/** Blocks of one kind: the factor on the channels within, channels out, number of blocks, stride of the first of them. */
export type BlockGroup = { kernel: number; expansion: number; out: number; blocks: number; stride: number };

/** Names of a block's convolutions and of the normalisations that follow them. `expand` is left out at an expansion of 1. */
export type BlockNames = Record<'expand' | 'depthwise' | 'project', { conv: string; norm: string }>;

/** How zeros are laid on and how much is added to variances: PyTorch's way, or that of weights that come from TensorFlow. */
export type Convention = { padding: 'symmetric' | 'same'; epsilon: number };

type Place = { group: number; index: number; number: number; expansion: number };

/**
 * The blocks of each group, for `in` channels, and the channels that come out. As in timm, the first and the last group keep
 * their number of blocks at every depth.
 */
export function invertedResiduals(options: {
  groups: readonly BlockGroup[];
  in: number;
  widthFactor: number;
  depthFactor: number;
  convention: Convention;
  nameOf(place: Place): BlockNames;
}): { groups: MapLayer[][]; out: number } {
  const { widthFactor, depthFactor, convention, nameOf } = options;
  const counts = deepened(
    options.groups.map(({ blocks }) => blocks),
    depthFactor,
  );
  let number = 0;
  let channels = options.in;
  const groups = options.groups.map(({ blocks: published, ...shape }, group) => {
    const isFixed = group === 0 || group === options.groups.length - 1;
    const count = isFixed ? published : (counts[group] ?? published);
    const out = widened(shape.out, widthFactor);
    return Array.from({ length: count }, (_, index) => {
      const names = nameOf({ group, index, number: number++, expansion: shape.expansion });
      const stride = index === 0 ? shape.stride : 1;
      const block = invertedResidual(names, { ...shape, in: channels, out, stride, convention });
      channels = out;
      return block;
    });
  });
  return { groups, out: channels };
}

/** A convolution, batch normalisation and ReLU6. */
export function convNormRelu6(
  names: { conv: string; norm: string },
  shape: { in: number; out: number; kernel: number; stride: number; convention: Convention },
): MapLayer {
  const { convention, ...sizes } = shape;
  const padding = convention.padding === 'same' ? ({ padding: 'same' } as const) : {};
  const conv = convolution(names.conv, { ...sizes, ...padding, bias: false, init: 'kaiming-fan-out' });
  return chain([conv, batchNorm(names.norm, shape.out, { epsilon: convention.epsilon }), relu6Layer]);
}

type BlockShape = { kernel: number; expansion: number; in: number; out: number; stride: number; convention: Convention };

/**
 * 1×1 to more channels, one filter on each of them, 1×1 back without activation; added to what came in where the shapes are the same
 * (Sandler et al., 2018).
 */
function invertedResidual({ expand, depthwise, project }: BlockNames, shape: BlockShape): MapLayer {
  const { kernel, stride, convention } = shape;
  const { padding, epsilon } = convention;
  const hidden = shape.in * shape.expansion;
  const inner = chain([
    ...(shape.expansion === 1 ? [] : [convNormRelu6(expand, { in: shape.in, out: hidden, kernel: 1, stride: 1, convention })]),
    depthwiseConvolution(depthwise.conv, { channels: hidden, kernel, stride, padding }),
    batchNorm(depthwise.norm, hidden, { epsilon }),
    relu6Layer,
    convolution(project.conv, { in: hidden, out: shape.out, kernel: 1, bias: false, init: 'kaiming-fan-out' }),
    batchNorm(project.norm, shape.out, { epsilon }),
  ]);
  if (stride !== 1 || shape.in !== shape.out) return inner;
  return { parameters: inner.parameters, apply: (forward, x) => tf.add(x, inner.apply(forward, x)) };
}
