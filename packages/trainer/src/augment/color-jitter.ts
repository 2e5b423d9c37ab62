import { blend, luminance, perImage, shiftHue } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { colourShape } from './colour-shape.ts';
import { type Draw, defineAugmentation } from './define-augmentation.ts';
import { drawBetween } from './draw-between.ts';
import { orderedPair } from './ordered-pair.ts';
import { rankOf } from './rank.ts';

const Factor = z.union([z.number().min(0), orderedPair(z.number().min(0))]);
const factorRange = (factor: z.infer<typeof Factor>): [number, number] =>
  typeof factor === 'number' ? [Math.max(0, 1 - factor), 1 + factor] : factor;

const Hue = z.union([z.number().min(0).max(0.5), orderedPair(z.number().min(-0.5).max(0.5))]);
const hueRange = (hue: z.infer<typeof Hue>): [number, number] => (typeof hue === 'number' ? [-hue, hue] : hue);

const factorText = (what: string) => `${what} by a factor in [1 - x, 1 + x] (not below 0), or in [low, high]`;

export const colorJitter = defineAugmentation({
  id: 'color-jitter',
  summary: 'Changes brightness, contrast and saturation by random factors, in random order, then turns the hue',
  config: z.strictObject({
    type: z.literal('color-jitter'),
    brightness: Factor.default(0).describe(factorText('Multiplied')),
    contrast: Factor.default(0).describe(factorText('Drawn away from its mean grey')),
    saturation: Factor.default(0).describe(factorText('Drawn away from its own grey')),
    hue: Hue.default(0).describe('Turned by up to this share of the colour circle either way, or by one in [low, high]'),
    probability: z.number().min(0).max(1).default(1).describe('Of changing an image at all; SimCLR takes 0.8'),
  }),
  create({ brightness, contrast, saturation, hue, probability }) {
    const factors = { brightness, contrast, saturation };
    const blends = blendNames
      .map((name) => ({ name, range: factorRange(factors[name]) }))
      .filter(({ range: [low, high] }) => low !== 1 || high !== 1);
    const turnRange = hueRange(hue);
    return {
      range: 'unit',
      outputShape: colourShape('color-jitter'),
      train(images, draw) {
        const shape = [images.shape[0]];
        const isChanged = tf.less(draw.rng.uniform(`${draw.site}/apply`, shape), probability) as tf.Tensor1D;
        const blended = blendInRandomOrder(images, blends, { ...draw, isChanged });
        if (turnRange.every((turn) => turn === 0)) return blended;
        const turns = drawBetween(draw, 'hue', { range: turnRange, shape });
        return shiftHue(blended, tf.where(isChanged, turns, 0) as tf.Tensor1D);
      },
    };
  },
});

const blendNames = ['brightness', 'contrast', 'saturation'] as const;
type Blend = { name: (typeof blendNames)[number]; range: [number, number] };

/**
 * Each of the three draws an image away from something (black, its mean grey, its own grey), so that one round can do a different one
 * for each image; as many rounds as there are blends make an order drawn for each image.
 */
function blendInRandomOrder(images: tf.Tensor4D, blends: readonly Blend[], draw: Draw & { isChanged: tf.Tensor1D }): tf.Tensor4D {
  const { rng, site, isChanged } = draw;
  const batch = images.shape[0];
  const factors = blends.map(({ name, range }) => tf.where(isChanged, drawBetween(draw, name, { range, shape: [batch] }), 1));
  const ranks = rankOf(rng.uniform(`${site}/order`, [blends.length, batch]) as tf.Tensor2D);
  return blends.reduce((current, _, round) => {
    const isNow = ranks.map((rank) => tf.cast(tf.equal(rank, round), 'float32'));
    const factor = tf.addN(factors.map((value, index) => tf.mul(value, isNow[index] ?? 0)));
    return blend(current, blendedWith(current, blends, isNow), perImage(factor));
  }, images);
}

/** What an image is drawn away from in the round in which `isNow`, 0 or 1 an image, says which of the blends it is. */
function blendedWith(images: tf.Tensor4D, blends: readonly Blend[], isNow: readonly tf.Tensor[]): tf.Tensor {
  const ofName = (name: Blend['name']) => isNow[blends.findIndex((candidate) => candidate.name === name)];
  const [contrast, saturation] = [ofName('contrast'), ofName('saturation')];
  let other: tf.Tensor = tf.zeros([1, 1, 1, 1]);
  if (!contrast && !saturation) return other;
  const gray = luminance(images);
  if (contrast) other = tf.add(other, tf.mul(tf.mean(gray, [1, 2, 3], true), perImage(contrast)));
  if (saturation) other = tf.add(other, tf.mul(gray, perImage(saturation)));
  return other;
}
