import { dropPath, selfAttention } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Forward, Initializer } from '../parameters.ts';
import { type Layer, linear } from './layers.ts';
import { geluPerceptron, normalizedLinear, type TokenLayer } from './transformer-layers.ts';

const mlpRatio = 4;
const init: Initializer = { type: 'normal', std: 0.02 }; // timm's, as are the tensor names

/**
 * Attention, then a two-layer perceptron, each on normalised tokens [batch, token, width] and added to what came in. In training, `dropPath` is
 * the share of examples that skip each of the two.
 */
export function transformerBlock(
  name: string,
  { width, heads, dropPath: rate }: { width: number; heads: number; dropPath: number },
): Layer<tf.Tensor3D, tf.Tensor3D> {
  const qkv = normalizedLinear({ norm: `${name}.norm1`, linear: `${name}.attn.qkv` }, { in: width, out: 3 * width, init });
  const projection = linear(`${name}.attn.proj`, { in: width, out: width, init });
  const perceptron = geluPerceptron(
    { norm: `${name}.norm2`, expand: `${name}.mlp.fc1`, contract: `${name}.mlp.fc2` },
    { width, hidden: mlpRatio * width, init },
  );
  const branch = (x: tf.Tensor3D, { training, rng }: Forward, site: string) =>
    training && rate > 0 ? dropPath(x, rate, { rng, site }) : x;
  return {
    parameters: [qkv, projection, perceptron].flatMap((layer) => layer.parameters),
    apply(forward, x) {
      const attended = eachToken(projection, forward, selfAttention(eachToken(qkv, forward, x), heads));
      const y = tf.add(x, branch(attended, forward, `${name}.drop_path1`)) as tf.Tensor3D;
      return tf.add(y, branch(eachToken(perceptron, forward, y), forward, `${name}.drop_path2`));
    },
  };
}

/** Applies a layer of rows to tokens [batch, token, width]. */
export function eachToken(layer: TokenLayer, forward: Forward, tokens: tf.Tensor3D): tf.Tensor3D {
  const [batch, count, width] = tokens.shape;
  return tf.reshape(layer.apply(forward, tf.reshape(tokens, [batch * count, width])), [batch, count, -1]);
}
