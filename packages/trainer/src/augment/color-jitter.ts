import { blend, luminance, perImage, shiftHue } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { colourShape } from './colour-shape.ts';
import { type Draw, defineAugmentation } from './define-augmentation.ts';
import { rankOf } from './rank.ts';

const ordered = ([low, high]: readonly [number, number]) => low <= high;
const notOrdered = 'The first number must not be the larger';

const Factor = z.union([z.number().min(0), z.tuple([z.number().min(0), z.number().min(0)]).refine(ordered, notOrdered)]);
const factorRange = (factor: z.infer<typeof Factor>): [number, number] =>
  typeof factor === 'number' ? [Math.max(0, 1 - factor), 1 + factor] : factor;

const Turn = z.number().min(-0.5).max(0.5);
const Hue = z.union([z.number().min(0).max(0.5), z.tuple([Turn, Turn]).refine(ordered, notOrdered)]);
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
    const [lowTurn, highTurn] = hueRange(hue);
    return {
      range: 'unit',
      outputShape: colourShape('color-jitter'),
      train(images, draw) {
        const { rng, site } = draw;
        const batch = images.shape[0];
        const isChanged = tf.less(rng.uniform(`${site}/apply`, [batch]), probability) as tf.Tensor1D;
        const blended = blendInRandomOrder(images, blends, { ...draw, isChanged });
        if (lowTurn === 0 && highTurn === 0) return blended;
        const turns = between(rng.uniform(`${site}/hue`, [batch]), [lowTurn, highTurn]);
        return shiftHue(blended, tf.where(isChanged, turns, 0) as tf.Tensor1D);
      },
    };
  },
});

const blendNames = ['brightness', 'contrast', 'saturation'] as const;
type Blend = { name: (typeof blendNames)[number]; range: [number, number] };

const between = (uniform: tf.Tensor, [low, high]: readonly [number, number]): tf.Tensor =>
  tf.add(tf.mul(uniform, high - low), low);

/**
 * Each of the three draws an image away from something (black, its mean grey, its own grey), so that one round can do a different one
 * for each image; as many rounds as there are blends make an order drawn for each image.
 */
function blendInRandomOrder(images: tf.Tensor4D, blends: readonly Blend[], draw: Draw & { isChanged: tf.Tensor1D }): tf.Tensor4D {
  const { rng, site, isChanged } = draw;
  const batch = images.shape[0];
  const factors = blends.map(({ name, range }) =>
    tf.where(isChanged, between(rng.uniform(`${site}/${name}`, [batch]), range), 1),
  );
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
