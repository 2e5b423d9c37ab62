import * as tf from '@tensorflow/tfjs-core';
import type { Forward } from '../parameters.ts';
import { type MapLayer, normParameter } from './layers.ts';

const mostGroups = 32; // Wu & He's
const epsilon = 1e-5;

/**
 * Group normalisation (Wu & He, 2018) of [batch, height, width, channel]: statistics of each image's own groups of channels, so that the
 * batch size does not matter. 32 groups, or as many as divide both 32 and the channels. `scale` is what its scales start at.
 */
export function groupNorm(name: string, channels: number, { scale = 1 }: { scale?: number } = {}): MapLayer {
  const groupSize = channels / greatestCommonDivisor(mostGroups, channels);
  return {
    parameters: [normParameter(`${name}.weight`, channels, scale), normParameter(`${name}.bias`, channels, 0)],
    apply(forward, x) {
      const centred = tf.sub(x, groupMean(x, groupSize)) as tf.Tensor4D;
      const inverse = tf.rsqrt(tf.add(groupMean(tf.square(centred), groupSize), epsilon));
      return tf.add(tf.mul(centred, tf.mul(inverse, read(forward, `${name}.weight`))), read(forward, `${name}.bias`));
    },
  };
}

function read(forward: Forward, name: string): tf.Tensor1D {
  return forward.parameter(name) as tf.Tensor1D;
}

/** Mean of x [batch, height, width, channel] over the map and the group of each channel: [batch, 1, 1, channel]. */
function groupMean(x: tf.Tensor4D, groupSize: number): tf.Tensor4D {
  const [batch, , , channels] = x.shape;
  const ofChannels = tf.reshape(tf.mean(x, [1, 2]), [batch, channels / groupSize, groupSize]);
  const repeated = tf.tile(tf.mean(ofChannels, 2, true), [1, 1, groupSize]);
  return tf.reshape(repeated, [batch, 1, 1, channels]);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
