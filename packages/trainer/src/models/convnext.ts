import { dropPath } from '@scion/engine/ops';
import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Initializer } from '../parameters.ts';
import { type Backbone, defineBackbone, type ImageShape } from './define-backbone.ts';
import { chain, convolution, depthwiseConvolution, type MapLayer, normParameter } from './layers.ts';
import { pooledStages } from './pooled-stages.ts';
import { deepened, type Scaling, scaling } from './scaling.ts';
import { geluPerceptron, layerNormalization, type TokenLayer } from './transformer-layers.ts';

type Size = {
  blocks: readonly number[];
  widths: readonly number[];
  /** How the linear layers of a block lie in files: timm made them 1×1 convolutions in all sizes smaller than the paper's. */
  pointwise: boolean;
};

/** timm's sizes below `tiny`, which is the smallest of the paper. */
const sizes = {
  atto: { blocks: [2, 2, 6, 2], widths: [40, 80, 160, 320], pointwise: true },
  femto: { blocks: [2, 2, 6, 2], widths: [48, 96, 192, 384], pointwise: true },
  pico: { blocks: [2, 2, 6, 2], widths: [64, 128, 256, 512], pointwise: true },
  nano: { blocks: [2, 2, 8, 2], widths: [80, 160, 320, 640], pointwise: true },
  tiny: { blocks: [3, 3, 9, 3], widths: [96, 192, 384, 768], pointwise: false },
} as const satisfies Record<string, Size>;

const mlpRatio = 4;
const layerScale = 1e-6;
const init: Initializer = { type: 'normal', std: 0.02 };

type Options = Scaling & { size: keyof typeof sizes; patch: number; dropPath: number };

/** Liu et al., "A ConvNet for the 2020s" (CVPR 2022), with timm's tensor names. */
function createConvnext({ size, patch, widthFactor, depthFactor, ...options }: Options, shape: ImageShape): Backbone {
  const [height, width, channels] = shape;
  if (height < patch || width < patch)
    throw new ScionError('shapeMismatch', `convnext needs images of at least ${patch}×${patch}, not ${height}×${width}`);
  const { pointwise, ...published } = sizes[size];
  const widths = published.widths.map((count) => Math.max(1, Math.round(count * widthFactor)));
  const counts = deepened(published.blocks, depthFactor);
  const total = counts.reduce((sum, count) => sum + count, 0);
  let number = 0;
  const stages = widths.map((out, stage) => {
    const name = `stages.${stage}`;
    const before = widths[stage - 1];
    const blocks = Array.from({ length: counts[stage] ?? 0 }, (_, index) => {
      // Deeper blocks are dropped more often, from 0 at the first to `dropPath` at the last.
      const rate = total > 1 ? (options.dropPath * number++) / (total - 1) : 0;
      return convnextBlock(`${name}.blocks.${index}`, { width: out, pointwise, dropPath: rate });
    });
    return { name, layer: chain([...(before ? [downsample(`${name}.downsample`, before, out)] : []), ...blocks]) };
  });
  const first = widths[0] ?? 0;
  const patches = convolution('stem.0', { in: channels, out: first, kernel: patch, stride: patch, padding: 0, init });
  const stem = { name: 'stem', layer: chain([patches, eachPixel(layerNormalization('stem.1', first))]) };
  const featureCount = widths.at(-1) ?? 0;
  const norm = layerNormalization('head.norm', featureCount);
  const { parameters, features, featureMaps } = pooledStages([stem, ...stages], featureCount);
  return {
    parameters: [...parameters, ...norm.parameters],
    featureCount,
    features: (forward, images) => norm.apply(forward, features(forward, images)),
    featureMaps,
  };
}

/** A 7×7 depthwise convolution, then a perceptron on each pixel, scaled channel by channel and added to what came in. */
function convnextBlock(name: string, options: { width: number; pointwise: boolean; dropPath: number }): MapLayer {
  const { width, pointwise, dropPath: rate } = options;
  const spatial = depthwiseConvolution(`${name}.conv_dw`, { channels: width, kernel: 7, stride: 1, padding: 'symmetric', init });
  const perceptron = geluPerceptron(
    { norm: `${name}.norm`, expand: `${name}.mlp.fc1`, contract: `${name}.mlp.fc2` },
    { width, hidden: mlpRatio * width, init, pointwise },
  );
  const branch = chain([spatial, eachPixel(perceptron)]);
  const gamma = normParameter(`${name}.gamma`, width, layerScale);
  return {
    parameters: [...branch.parameters, gamma],
    apply(forward, x) {
      const y = tf.mul(branch.apply(forward, x), forward.parameter(gamma.name)) as tf.Tensor4D;
      const { training, rng } = forward;
      return tf.add(x, training && rate > 0 ? dropPath(y, rate, { rng, site: `${name}.drop_path` }) : y);
    },
  };
}

/** Normalisation, then a 2×2 convolution at stride 2. */
function downsample(name: string, before: number, out: number): MapLayer {
  const halve = convolution(`${name}.1`, { in: before, out, kernel: 2, stride: 2, padding: 0, init });
  return chain([eachPixel(layerNormalization(`${name}.0`, before)), fill, halve]);
}

/** Where a side of the map is 1 already, zeros make it two: images smaller than timm's can be halved as often. */
const fill: MapLayer = {
  parameters: [],
  apply(_forward, x) {
    const [, height, width] = x.shape;
    if (height > 1 && width > 1) return x;
    return tf.pad4d(x, [
      [0, 0],
      [0, height > 1 ? 0 : 1],
      [0, width > 1 ? 0 : 1],
      [0, 0],
    ]);
  },
};

/** A layer of rows on each pixel of a map. */
function eachPixel(layer: TokenLayer): MapLayer {
  return {
    parameters: layer.parameters,
    apply(forward, x) {
      const [batch, height, width, channels] = x.shape;
      const rows = tf.reshape(x, [batch * height * width, channels]) as tf.Tensor2D;
      return tf.reshape(layer.apply(forward, rows), [batch, height, width, -1]);
    },
  };
}

export const convnext = defineBackbone({
  id: 'convnext',
  summary: 'ConvNeXt in five sizes, from atto (3.4 M parameters) to tiny (27.8 M)',
  paper: 'Liu et al., A ConvNet for the 2020s, CVPR 2022',
  config: z.strictObject({
    type: z.literal('convnext'),
    size: z.enum(['atto', 'femto', 'pico', 'nano', 'tiny']).default('atto').describe('Widths and blocks of the stages'),
    patch: z
      .literal([1, 2, 4])
      .default(4)
      .describe('Side of the patches that the stem makes pixels of: 4 as published, less for small images'),
    dropPath: z.number().min(0).max(0.95).default(0).describe('Share of examples that skip the last block in training'),
    ...scaling,
  }),
  tiny: { widthFactor: 0.2, depthFactor: 0.1 },
  create: createConvnext,
});
