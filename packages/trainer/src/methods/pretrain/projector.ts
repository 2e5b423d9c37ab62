import { batchNormTrain, relu } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { type Layer, linear } from '../../models/layers.ts';
import { batchNormRows, linearWithoutBias } from '../../models/row-layers.ts';

export type ProjectorOptions = {
  in: number;
  /** Widths of the layers, the last that of what comes out. */
  widths: readonly number[];
  /**
   * How the last layer ends: `biased`; `unbiased`, before a loss that no offset changes; or `standardized`, at mean 0 and variance 1
   * over the batch. The layers before it are normalised over the batch and pass through a ReLU.
   */
  last: 'biased' | 'unbiased' | 'standardized';
};

export type RowLayer = Layer<tf.Tensor2D, tf.Tensor2D>;

/** Width of a layer on top of the features; null stands for one that goes by theirs. */
export const layerWidth = z.int().min(1).max(16_384).nullable().default(null);

/** A width of `times` the features', at most `most`: published widths are for 512 features or more, and dwarf a smaller backbone. */
export function widthOf(
  given: number | null,
  { times, most, featureCount }: { times: number; most: number; featureCount: number },
) {
  return given ?? Math.min(times * featureCount, most);
}

/**
 * A perceptron [batch, in] → [batch, last width] on top of a backbone: what a loss without labels looks at, and what is thrown away
 * after it. It only ever runs in training.
 */
export function projector(name: string, { in: input, widths, last }: ProjectorOptions): RowLayer {
  const layers = widths.map((out, index) => {
    const sizes = { in: widths[index - 1] ?? input, out };
    const layerName = `${name}.${index}`;
    if (index < widths.length - 1) return hiddenLayer(layerName, sizes);
    return last === 'biased'
      ? linear(layerName, sizes)
      : unbiasedLayer(layerName, { ...sizes, standardize: last === 'standardized' });
  });
  return inSequence(layers);
}

/** One layer after the other. */
export function inSequence(layers: readonly RowLayer[]): RowLayer {
  return {
    parameters: layers.flatMap(({ parameters }) => parameters),
    apply: (forward, x) => layers.reduce((value, layer) => layer.apply(forward, value), x),
  };
}

function hiddenLayer(name: string, sizes: { in: number; out: number }): RowLayer {
  const [product, norm] = [linearWithoutBias(name, sizes), batchNormRows(`${name}.bn`, sizes.out)];
  return {
    parameters: [...product.parameters, ...norm.parameters],
    apply: (forward, x) => relu(norm.apply(forward, product.apply(forward, x))),
  };
}

function unbiasedLayer(name: string, { standardize, ...sizes }: { in: number; out: number; standardize: boolean }): RowLayer {
  const product = linearWithoutBias(name, sizes);
  if (!standardize) return product;
  return { parameters: product.parameters, apply: (forward, x) => standardizeColumns(product.apply(forward, x)) };
}

/** Each column of rows [batch, width] at mean 0 and variance 1 (biased, with PyTorch's epsilon): batch normalisation without parameters. */
export function standardizeColumns(rows: tf.Tensor2D): tf.Tensor2D {
  const [batch, width] = rows.shape;
  const plain = { scale: tf.ones([width]) as tf.Tensor1D, offset: tf.zeros([width]) as tf.Tensor1D, epsilon: 1e-5 };
  return tf.reshape(batchNormTrain(tf.reshape(rows, [batch, 1, 1, width]), plain).y, [batch, width]);
}
