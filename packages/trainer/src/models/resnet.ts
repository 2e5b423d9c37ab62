import { relu } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { type Backbone, defineBackbone, type ImageShape } from './define-backbone.ts';
import { batchNorm, convolution, globalAveragePool, type MapLayer, padMap } from './layers.ts';
import { deepened, scaling } from './scaling.ts';

/** `lastScale` is what the last normalisation of the block multiplies by at first. */
type BlockShape = { in: number; width: number; stride: number; lastScale: number };

/** A kind of residual block: `expansion` is its output's channels over its width. */
type BlockKind = { expansion: number; create(name: string, shape: BlockShape): MapLayer };

type Stem = 'cifar' | 'imagenet';
type Variant = {
  block: BlockKind;
  blocks: readonly number[];
  width: number;
  stem: Stem;
  /** Goyal et al., 2017, begin with blocks that pass their input on (0), as timm does; torchvision does not (1). */
  lastScale: 0 | 1;
};

/** He et al., "Deep residual learning for image recognition" (CVPR 2016), with torchvision's tensor names. */
function createResnet({ block, blocks, width, stem, lastScale }: Variant, [, , channels]: ImageShape): Backbone {
  const first = stems[stem]({ in: channels, out: width });
  const stages = blocks.flatMap((count, stage) =>
    Array.from({ length: count }, (_, index) => {
      const out = width * 2 ** stage;
      const before = index > 0 ? out * block.expansion : stage > 0 ? (out / 2) * block.expansion : width;
      const stride = index === 0 && stage > 0 ? 2 : 1;
      return block.create(`layer${stage + 1}.${index}`, { in: before, width: out, stride, lastScale });
    }),
  );
  return {
    parameters: [first, ...stages].flatMap((layer) => layer.parameters),
    featureCount: width * 8 * block.expansion,
    features: (forward, images) =>
      globalAveragePool(stages.reduce((x, stage) => stage.apply(forward, x), first.apply(forward, images))),
  };
}

const stems: Record<Stem, (shape: { in: number; out: number }) => MapLayer> = {
  /** For small images: one 3×3 convolution at stride 1, no max-pool. */
  cifar(shape) {
    const { parameters, apply } = convNorm({ conv: 'conv1', norm: 'bn1', ...shape, kernel: 3, stride: 1 });
    return { parameters, apply: (forward, x) => relu(apply(forward, x)) };
  },
  imagenet(shape) {
    const { parameters, apply } = convNorm({ conv: 'conv1', norm: 'bn1', ...shape, kernel: 7, stride: 2 });
    // After a ReLU nothing is below zero, so zeros around the map are never the largest.
    return { parameters, apply: (forward, x) => tf.maxPool(padMap(relu(apply(forward, x)), 1), 3, 2, 'valid') };
  },
};

type ConvNormOptions = { conv: string; norm: string; in: number; out: number; kernel: number; stride: number; scale?: number };

function convNorm({ conv, norm, scale = 1, ...shape }: ConvNormOptions): MapLayer {
  const convolve = convolution(conv, { ...shape, bias: false, init: 'kaiming-fan-out' });
  const normalise = batchNorm(norm, shape.out, { scale });
  return {
    parameters: [...convolve.parameters, ...normalise.parameters],
    apply: (forward, x) => normalise.apply(forward, convolve.apply(forward, x)),
  };
}

/** The convolutions one after the other, ReLUs between, added to the input, which is projected where its shape differs. */
function residual(name: string, convolutions: readonly MapLayer[], shape: { in: number; out: number; stride: number }): MapLayer {
  const changesShape = shape.stride !== 1 || shape.in !== shape.out;
  const shortcut = changesShape
    ? convNorm({ conv: `${name}.downsample.0`, norm: `${name}.downsample.1`, ...shape, kernel: 1 })
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
  create(name, { in: before, width, stride, lastScale }) {
    const first = convNorm({ conv: `${name}.conv1`, norm: `${name}.bn1`, in: before, out: width, kernel: 3, stride });
    const last = { in: width, out: width, kernel: 3, stride: 1, scale: lastScale };
    const second = convNorm({ conv: `${name}.conv2`, norm: `${name}.bn2`, ...last });
    return residual(name, [first, second], { in: before, out: width, stride });
  },
};

/** 1×1 to fewer channels, 3×3 (which strides, as torchvision's does), 1×1 to four times as many. */
const bottleneck: BlockKind = {
  expansion: 4,
  create(name, { in: before, width, stride, lastScale }) {
    const out = width * 4;
    const narrow = convNorm({ conv: `${name}.conv1`, norm: `${name}.bn1`, in: before, out: width, kernel: 1, stride: 1 });
    const middle = convNorm({ conv: `${name}.conv2`, norm: `${name}.bn2`, in: width, out: width, kernel: 3, stride });
    const last = { in: width, out, kernel: 1, stride: 1, scale: lastScale };
    const widen = convNorm({ conv: `${name}.conv3`, norm: `${name}.bn3`, ...last });
    return residual(name, [narrow, middle, widen], { in: before, out, stride });
  },
};

const paper = 'He et al., Deep residual learning for image recognition, CVPR 2016';

export const resnet18Small = defineBackbone({
  id: 'resnet18-small',
  summary: 'ResNet-18 of quarter width (16 to 128 channels) with the stem for small images: 0.7 M parameters',
  paper,
  config: z.strictObject({ type: z.literal('resnet18-small') }),
  create: (_config, inputShape) =>
    createResnet({ block: basicBlock, blocks: [2, 2, 2, 2], width: 16, stem: 'cifar', lastScale: 1 }, inputShape),
});

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
      ...scaling,
    }),
    tiny: { widthFactor: 1 / 16, depthFactor: 0.1 },
    create: ({ stem, widthFactor, depthFactor }, inputShape) =>
      createResnet(
        { block, blocks: deepened(blocks, depthFactor), width: Math.round(64 * widthFactor), stem, lastScale: 0 },
        inputShape,
      ),
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
