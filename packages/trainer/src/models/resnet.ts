import { relu } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { type Backbone, defineBackbone, type ImageShape } from './define-backbone.ts';
import { groupNorm } from './group-norm.ts';
import { batchNorm, chain, convolution, type MapLayer, padMap, reluLayer } from './layers.ts';
import { pooledStages } from './pooled-stages.ts';
import { deepened, scaling } from './scaling.ts';

/** `scale` is what a normalisation multiplies by at first. */
type Norm = (name: string, channels: number, options: { scale: number }) => MapLayer;

/** `lastScale` is that of the block's last normalisation. */
type BlockShape = { in: number; width: number; stride: number; lastScale: number; norm: Norm };

/** A kind of residual block: `expansion` is its output's channels over its width. */
type BlockKind = { expansion: number; create(name: string, shape: BlockShape): MapLayer };

type Stem = 'cifar' | 'imagenet';
type Variant = {
  block: BlockKind;
  blocks: readonly number[];
  width: number;
  stem: Stem;
  norm: Norm;
  /** Goyal et al., 2017, begin with blocks that pass their input on (0), as timm does; torchvision does not (1). */
  lastScale: 0 | 1;
};

/** He et al., "Deep residual learning for image recognition" (CVPR 2016), with torchvision's tensor names. */
function createResnet({ block, blocks, width, stem, norm, lastScale }: Variant, [, , channels]: ImageShape): Backbone {
  const stages = blocks.map((count, stage) => {
    const name = `layer${stage + 1}`;
    const layers = Array.from({ length: count }, (_, index) => {
      const out = width * 2 ** stage;
      const before = index > 0 ? out * block.expansion : stage > 0 ? (out / 2) * block.expansion : width;
      const stride = index === 0 && stage > 0 ? 2 : 1;
      return block.create(`${name}.${index}`, { in: before, width: out, stride, lastScale, norm });
    });
    return { name, layer: chain(layers) };
  });
  const first = { name: 'stem', layer: stems[stem]({ in: channels, out: width, norm }) };
  return pooledStages([first, ...stages], width * 8 * block.expansion);
}

/** After a ReLU nothing is below zero, so zeros around the map are never the largest. */
const maxPool: MapLayer = { parameters: [], apply: (_forward, x) => tf.maxPool(padMap(x, 1), 3, 2, 'valid') };

const stemNames = { conv: 'conv1', name: 'bn1' };

const stems: Record<Stem, (shape: { in: number; out: number; norm: Norm }) => MapLayer> = {
  /** For small images: one 3×3 convolution at stride 1, no max-pool. */
  cifar: (shape) => chain([convNorm({ ...stemNames, ...shape, kernel: 3, stride: 1 }), reluLayer]),
  imagenet: (shape) => chain([convNorm({ ...stemNames, ...shape, kernel: 7, stride: 2 }), reluLayer, maxPool]),
};

/** `conv` and `name` are the names of the convolution and of the normalisation. */
type ConvNormOptions = {
  conv: string;
  name: string;
  in: number;
  out: number;
  kernel: number;
  stride: number;
  norm: Norm;
  scale?: number;
};

function convNorm({ conv, name, norm, scale = 1, ...shape }: ConvNormOptions): MapLayer {
  return chain([convolution(conv, { ...shape, bias: false, init: 'kaiming-fan-out' }), norm(name, shape.out, { scale })]);
}

type ResidualShape = { in: number; out: number; stride: number; norm: Norm };

/** The convolutions one after the other, ReLUs between, added to the input, which is projected where its shape differs. */
function residual(name: string, convolutions: readonly MapLayer[], shape: ResidualShape): MapLayer {
  const changesShape = shape.stride !== 1 || shape.in !== shape.out;
  const shortcut = changesShape
    ? convNorm({ conv: `${name}.downsample.0`, name: `${name}.downsample.1`, ...shape, kernel: 1 })
    : null;
  return {
    parameters: [...convolutions, ...(shortcut ? [shortcut] : [])].flatMap((layer) => layer.parameters),
    apply(forward, x) {
      const y = convolutions.reduce((z, layer, index) => layer.apply(forward, index === 0 ? z : relu(z)), x);
      return relu(tf.add(y, shortcut ? shortcut.apply(forward, x) : x));
    },
  };
}

/** Two 3×3 convolutions. */
const basicBlock: BlockKind = {
  expansion: 1,
  create(name, { in: before, width, stride, lastScale, norm }) {
    const part = (index: number, shape: Pick<ConvNormOptions, 'in' | 'stride' | 'scale'>) =>
      convNorm({ conv: `${name}.conv${index}`, name: `${name}.bn${index}`, out: width, kernel: 3, norm, ...shape });
    const parts = [part(1, { in: before, stride }), part(2, { in: width, stride: 1, scale: lastScale })];
    return residual(name, parts, { in: before, out: width, stride, norm });
  },
};

/** 1×1 to fewer channels, 3×3 (which strides, as torchvision's does), 1×1 to four times as many. */
const bottleneck: BlockKind = {
  expansion: 4,
  create(name, { in: before, width, stride, lastScale, norm }) {
    const out = width * 4;
    const part = (index: number, shape: Pick<ConvNormOptions, 'in' | 'out' | 'kernel' | 'stride' | 'scale'>) =>
      convNorm({ conv: `${name}.conv${index}`, name: `${name}.bn${index}`, norm, ...shape });
    const parts = [
      part(1, { in: before, out: width, kernel: 1, stride: 1 }),
      part(2, { in: width, out: width, kernel: 3, stride }),
      part(3, { in: width, out, kernel: 1, stride: 1, scale: lastScale }),
    ];
    return residual(name, parts, { in: before, out, stride, norm });
  },
};

const paper = 'He et al., Deep residual learning for image recognition, CVPR 2016';

export const resnet18Small = defineBackbone({
  id: 'resnet18-small',
  summary: 'ResNet-18 of quarter width (16 to 128 channels) with the stem for small images: 0.7 M parameters',
  paper,
  config: z.strictObject({ type: z.literal('resnet18-small') }),
  create: (_config, inputShape) =>
    createResnet(
      { block: basicBlock, blocks: [2, 2, 2, 2], width: 16, stem: 'cifar', norm: batchNorm, lastScale: 1 },
      inputShape,
    ),
});

const norms = { batch: batchNorm, group: groupNorm };

function defineResnet<Id extends string>(declaration: Pick<Variant, 'block' | 'blocks'> & { id: Id; summary: string }) {
  const { id, summary, block, blocks } = declaration;
  return defineBackbone({
    id,
    summary,
    paper,
    config: z.strictObject({
      type: z.literal(id),
      stem: z
        .enum(['cifar', 'imagenet'])
        .default('cifar')
        .describe('`cifar`: 3×3 at stride 1, for images of up to about 64; `imagenet`: 7×7 at stride 2 and a max-pool'),
      norm: z
        .enum(['batch', 'group'])
        .default('batch')
        .describe('`batch`: by the statistics of the batch; `group`: by those of each image (Wu & He, 2018), for small batches'),
      ...scaling,
    }),
    tiny: { widthFactor: 1 / 16, depthFactor: 0.1 },
    create({ stem, norm, widthFactor, depthFactor }, inputShape) {
      const size = { blocks: deepened(blocks, depthFactor), width: Math.round(64 * widthFactor) };
      return createResnet({ block, ...size, stem, norm: norms[norm], lastScale: 0 }, inputShape);
    },
  });
}

export const resnet18 = defineResnet({
  id: 'resnet18',
  summary: 'ResNet-18: four stages of two blocks of two 3×3 convolutions, 11.2 M parameters',
  block: basicBlock,
  blocks: [2, 2, 2, 2],
});

export const resnet34 = defineResnet({
  id: 'resnet34',
  summary: 'ResNet-34: sixteen blocks of two 3×3 convolutions, 21.3 M parameters',
  block: basicBlock,
  blocks: [3, 4, 6, 3],
});

export const resnet50 = defineResnet({
  id: 'resnet50',
  summary: 'ResNet-50: sixteen bottleneck blocks, 23.5 M parameters, 2048 features',
  block: bottleneck,
  blocks: [3, 4, 6, 3],
});
