import { relu } from '@scion/engine/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { type Layer, linear } from '../../models/layers.ts';
import { batchNormRows, linearWithoutBias } from '../../models/row-layers.ts';

export type ProjectorOptions = {
  in: number;
  /** Widths of the layers, the last that of what comes out. */
  widths: readonly number[];
  /** Whether the last layer is normalised over the batch; the others are, and pass through a ReLU. */
  normalizeLast: boolean;
};

type RowLayer = Layer<tf.Tensor2D, tf.Tensor2D>;

/**
 * A perceptron [batch, in] → [batch, last width] on top of a backbone: what a loss without labels looks at, and what is thrown away
 * after it.
 */
export function projector(name: string, { in: input, widths, normalizeLast }: ProjectorOptions): RowLayer {
  const layers = widths.map((out, index) => {
    const isLast = index === widths.length - 1;
    const sizes = { in: widths[index - 1] ?? input, out };
    if (isLast && !normalizeLast) return linear(`${name}.${index}`, sizes);
    return normalized(`${name}.${index}`, { ...sizes, activate: !isLast });
  });
  return {
    parameters: layers.flatMap(({ parameters }) => parameters),
    apply: (forward, x) => layers.reduce((value, layer) => layer.apply(forward, value), x),
  };
}

function normalized(name: string, { activate, ...sizes }: { in: number; out: number; activate: boolean }): RowLayer {
  const [product, norm] = [linearWithoutBias(name, sizes), batchNormRows(`${name}.bn`, sizes.out)];
  return {
    parameters: [...product.parameters, ...norm.parameters],
    apply(forward, x) {
      const value = norm.apply(forward, product.apply(forward, x));
      return activate ? relu(value) : value;
    },
  };
}
