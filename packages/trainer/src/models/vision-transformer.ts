import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Forward, ParameterSpec } from '../parameters.ts';
import { defineBackbone, type ImageShape, type TokenBackbone } from './define-backbone.ts';
import { convolution } from './layers.ts';
import { eachToken, transformerBlock } from './transformer-block.ts';
import { layerNormalization } from './transformer-layers.ts';

type Variant = {
  id: string;
  width: number;
  depth: number;
  heads: number;
  patch: number;
  /** What becomes the features: an extra token that attends to all others, or the mean of the patches' tokens. */
  pool: 'token' | 'mean';
  dropPath: number;
};

/** Dosovitskiy et al., "An image is worth 16×16 words" (ICLR 2021): pre-norm, learned positions. */
function createVisionTransformer(variant: Variant, [height, width, channels]: ImageShape): TokenBackbone {
  const { patch, width: size, pool, depth } = variant;
  if (height % patch !== 0 || width % patch !== 0)
    throw new ScionError(
      'shapeMismatch',
      `${variant.id} cuts images into ${patch}×${patch} patches: ${height}×${width} is no multiple`,
    );
  const [rows, columns] = [height / patch, width / patch];
  const prefix = pool === 'token' ? 1 : 0;
  const embedding = convolution('patch_embed.proj', { in: channels, out: size, kernel: patch, stride: patch, padding: 0 });
  const classToken = additive('cls_token', [1, 1, size], 1e-6);
  const positions = { ...additive('pos_embed', [1, prefix + rows * columns, size], 0.02), grid: { prefix, rows, columns } };
  // Deeper blocks are dropped more often, from 0 at the first to `dropPath` at the last.
  const dropRate = (index: number) => (depth > 1 ? (variant.dropPath * index) / (depth - 1) : 0);
  const blocks = Array.from({ length: depth }, (_, index) =>
    transformerBlock(`blocks.${index}`, { width: size, heads: variant.heads, dropPath: dropRate(index) }),
  );
  const norm = layerNormalization(pool === 'token' ? 'norm' : 'fc_norm', size);

  const embed = (forward: Forward, images: tf.Tensor4D): tf.Tensor3D => {
    const patches = tf.reshape(embedding.apply(forward, images), [images.shape[0], rows * columns, size]);
    return tf.add(patches, tf.slice(forward.parameter(positions.name), [0, prefix, 0], [1, rows * columns, size]));
  };
  /** All tokens after the blocks: the class token, if there is one, then the patches that were given. */
  const mix = (forward: Forward, patches: tf.Tensor3D): tf.Tensor3D => {
    const tokens = prefix === 0 ? patches : withClassToken(forward, patches);
    return blocks.reduce((x, block) => block.apply(forward, x), tokens);
  };
  const withClassToken = (forward: Forward, patches: tf.Tensor3D): tf.Tensor3D => {
    const position = tf.slice(forward.parameter(positions.name), [0, 0, 0], [1, 1, size]);
    const token = tf.add(forward.parameter(classToken.name), position);
    return tf.concat3d([tf.tile(token, [patches.shape[0], 1, 1]) as tf.Tensor3D, patches], 1);
  };
  return {
    parameters: [
      ...(pool === 'token' ? [classToken] : []),
      positions,
      ...[embedding, ...blocks, norm].flatMap((layer) => layer.parameters),
    ],
    featureCount: size,
    features(forward, images) {
      const mixed = mix(forward, embed(forward, images));
      return norm.apply(forward, pool === 'token' ? firstToken(mixed) : (tf.mean(mixed, 1) as tf.Tensor2D));
    },
    featureMaps(forward, images) {
      const map = withoutFirst(mix(forward, embed(forward, images)), prefix);
      return { [`blocks.${depth - 1}`]: tf.reshape(map, [images.shape[0], rows, columns, size]) };
    },
    tokens: {
      patchSize: patch,
      gridSize: [rows, columns],
      width: size,
      embed,
      encode: (forward, patches) => eachToken(norm, forward, withoutFirst(mix(forward, patches), prefix)),
    },
  };
}

function withoutFirst(tokens: tf.Tensor3D, count: number): tf.Tensor3D {
  const [batch, total, width] = tokens.shape;
  return count === 0 ? tokens : tf.slice3d(tokens, [0, count, 0], [batch, total - count, width]);
}

/** A parameter that is added to tokens or stands for one, so that no regularizer acts on it. */
function additive(name: string, shape: readonly number[], std: number): ParameterSpec {
  return { name, shape, init: { type: 'normal', std }, role: 'bias', layout: { type: 'plain' } };
}

function firstToken(x: tf.Tensor3D): tf.Tensor2D {
  const [batch, , size] = x.shape;
  return tf.reshape(tf.slice3d(x, [0, 0, 0], [batch, 1, size]), [batch, size]);
}

const paper = 'Dosovitskiy et al., An image is worth 16x16 words, ICLR 2021';

type Size = Pick<Variant, 'width' | 'heads'> & { tiny: { depth: number } };

function defineVisionTransformer<Id extends string>(declaration: Size & { id: Id; summary: string }) {
  const { id, summary, width, heads, tiny } = declaration;
  return defineBackbone({
    id,
    summary,
    paper,
    config: z.strictObject({
      type: z.literal(id),
      patch: z.literal([4, 8, 16]).default(4).describe('Side of a patch in pixels; images must be a multiple of it'),
      pool: z.enum(['token', 'mean']).default('token').describe('Features: the class token, or the mean of the patch tokens'),
      depth: z.int().min(1).max(48).default(12).describe('Blocks'),
      dropPath: z.number().min(0).max(0.95).default(0).describe('Share of examples that skip the last block in training'),
    }),
    tiny,
    create: (config, inputShape) => createVisionTransformer({ ...config, id, width, heads }, inputShape),
  });
}

export const vitTiny = defineVisionTransformer({
  id: 'vit-tiny',
  summary: 'Vision transformer of width 192, 3 heads, 12 blocks: 5.4 M parameters',
  width: 192,
  heads: 3,
  tiny: { depth: 2 },
});

export const vitSmall = defineVisionTransformer({
  id: 'vit-small',
  summary: 'Vision transformer of width 384, 6 heads, 12 blocks: 21.3 M parameters',
  width: 384,
  heads: 6,
  tiny: { depth: 1 },
});
