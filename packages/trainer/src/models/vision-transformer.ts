import { dropPath, selfAttention } from '@scion/engine/ops';
import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Forward, Initializer, ParameterSpec } from '../parameters.ts';
import { type Backbone, defineBackbone, type ImageShape } from './define-backbone.ts';
import { convolution, linear } from './layers.ts';
import { geluPerceptron, layerNormalization, normalizedLinear, type TokenLayer } from './transformer-layers.ts';

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

const mlpRatio = 4;
const init: Initializer = { type: 'normal', std: 0.02 }; // timm's, as are the tensor names

/** Dosovitskiy et al., "An image is worth 16×16 words" (ICLR 2021): pre-norm, learned positions. */
function createVisionTransformer(variant: Variant, [height, width, channels]: ImageShape): Backbone {
  const { patch, width: size, pool } = variant;
  if (height % patch !== 0 || width % patch !== 0)
    throw new ScionError(
      'shapeMismatch',
      `${variant.id} cuts images into ${patch}×${patch} patches: ${height}×${width} is no multiple`,
    );
  const patches = (height / patch) * (width / patch);
  const tokens = patches + (pool === 'token' ? 1 : 0);
  const embed = convolution('patch_embed.proj', { in: channels, out: size, kernel: patch, stride: patch, padding: 0 });
  const classToken = additive('cls_token', [1, 1, size], 1e-6);
  const positions = additive('pos_embed', [1, tokens, size], 0.02);
  const blocks = Array.from({ length: variant.depth }, (_, index) => transformerBlock(index, variant, tokens));
  const norm = layerNormalization(pool === 'token' ? 'norm' : 'fc_norm', size);
  return {
    parameters: [
      ...(pool === 'token' ? [classToken] : []),
      positions,
      ...[embed, ...blocks, norm].flatMap((layer) => layer.parameters),
    ],
    featureCount: size,
    features(forward, images) {
      const batch = images.shape[0];
      const patchTokens = tf.reshape(embed.apply(forward, images), [batch, patches, size]);
      const embedded =
        pool === 'token' ? tf.concat([tf.tile(forward.parameter(classToken.name), [batch, 1, 1]), patchTokens], 1) : patchTokens;
      const placed = tf.add(embedded, forward.parameter(positions.name));
      const rows = tf.reshape(placed, [batch * tokens, size]) as tf.Tensor2D;
      const mixed = tf.reshape(
        blocks.reduce((x, block) => block.apply(forward, x), rows),
        [batch, tokens, size],
      ) as tf.Tensor3D;
      return norm.apply(forward, pool === 'token' ? firstToken(mixed) : (tf.mean(mixed, 1) as tf.Tensor2D));
    },
  };
}

/** A parameter that is added to tokens or stands for one, so that no regularizer acts on it. */
function additive(name: string, shape: readonly number[], std: number): ParameterSpec {
  return { name, shape, init: { type: 'normal', std }, role: 'bias', layout: { type: 'plain' } };
}

function firstToken(x: tf.Tensor3D): tf.Tensor2D {
  const [batch, , size] = x.shape;
  return tf.reshape(tf.slice3d(x, [0, 0, 0], [batch, 1, size]), [batch, size]);
}

/** Attention, then a two-layer perceptron, each on normalised tokens and added to what came in. */
function transformerBlock(index: number, variant: Variant, tokens: number): TokenLayer {
  const { width, depth, heads } = variant;
  const name = `blocks.${index}`;
  const qkv = normalizedLinear({ norm: `${name}.norm1`, linear: `${name}.attn.qkv` }, { in: width, out: 3 * width, init });
  const projection = linear(`${name}.attn.proj`, { in: width, out: width, init });
  const perceptron = geluPerceptron(
    { norm: `${name}.norm2`, expand: `${name}.mlp.fc1`, contract: `${name}.mlp.fc2` },
    { width, hidden: mlpRatio * width, init },
  );
  // Deeper blocks are dropped more often, from 0 at the first to `dropPath` at the last.
  const rate = depth > 1 ? (variant.dropPath * index) / (depth - 1) : 0;
  const branch = (x: tf.Tensor2D, { training, rng }: Forward, site: string) =>
    training && rate > 0 ? perExample(x, tokens, (examples) => dropPath(examples, rate, { rng, site })) : x;
  return {
    parameters: [qkv, projection, perceptron].flatMap((layer) => layer.parameters),
    apply(forward, x) {
      const attended = perExample(qkv.apply(forward, x), tokens, (each) => selfAttention(each, heads));
      const y = tf.add(x, branch(projection.apply(forward, attended), forward, `${name}.drop_path1`)) as tf.Tensor2D;
      return tf.add(y, branch(perceptron.apply(forward, y), forward, `${name}.drop_path2`)) as tf.Tensor2D;
    },
  };
}

/** Shows rows [batch · token, size] to `apply` as [batch, token, size]. */
function perExample(rows: tf.Tensor2D, tokens: number, apply: (x: tf.Tensor3D) => tf.Tensor3D): tf.Tensor2D {
  const [count, size] = rows.shape;
  const y = apply(tf.reshape(rows, [count / tokens, tokens, size]) as tf.Tensor3D);
  return tf.reshape(y, [count, y.shape[2]]) as tf.Tensor2D;
}

const paper = 'Dosovitskiy et al., An image is worth 16x16 words, ICLR 2021';

export const vitTiny = defineBackbone({
  id: 'vit-tiny',
  summary: 'Vision transformer of width 192, 3 heads, 12 blocks: 5.4 M parameters',
  paper,
  config: z.strictObject({
    type: z.literal('vit-tiny'),
    patch: z.literal([4, 8, 16]).default(4).describe('Side of a patch in pixels; images must be a multiple of it'),
    pool: z.enum(['token', 'mean']).default('token').describe('Features: the class token, or the mean of the patch tokens'),
    depth: z.int().min(1).max(48).default(12).describe('Blocks'),
    dropPath: z.number().min(0).max(0.95).default(0).describe('Share of examples that skip the last block in training'),
  }),
  tiny: { depth: 2 },
  create: (config, inputShape) => createVisionTransformer({ ...config, id: config.type, width: 192, heads: 3 }, inputShape),
});
