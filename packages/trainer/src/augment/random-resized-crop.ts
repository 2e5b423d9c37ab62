import { projectiveTransform } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { type Draw, defineAugmentation } from './define-augmentation.ts';
import { drawBetween } from './draw-between.ts';
import { orderedPair } from './ordered-pair.ts';
import { Size, sidesOf } from './resize.ts';

/** Boxes that are tried for an image, as in torchvision, which tries one after the other; here all are drawn at once. */
const tries = 10;

const Range = orderedPair(z.number().positive());

export const randomResizedCrop = defineAugmentation({
  id: 'random-resized-crop',
  summary: 'Cuts out a box of random area, shape and place and brings it to one size (bilinear); in evaluation, the middle',
  paper: 'Szegedy et al., Going Deeper with Convolutions, 2015',
  config: z.strictObject({
    type: z.literal('random-resized-crop'),
    size: Size,
    scale: Range.default([0.08, 1]).describe("Area of the box as a share of the image's, between these"),
    ratio: Range.default([3 / 4, 4 / 3]).describe('Width by height of the box, between these; its logarithm is drawn'),
  }),
  create({ size, scale, ratio }) {
    const outputShape = sidesOf(size);
    return {
      outputShape: ([, , channels]) => [...outputShape, channels],
      train(images, draw) {
        const [batch, height, width] = images.shape;
        const box = drawBox(draw, { batch, extent: [height, width], scale, ratio });
        const place = (axis: string, extent: number, side: tf.Tensor) => {
          const room = tf.sub(extent, side);
          const anywhere = tf.floor(tf.mul(draw.rng.uniform(`${draw.site}/${axis}`, [batch]), tf.add(room, 1)));
          return tf.where(box.isMiddle, tf.floor(tf.div(room, 2)), anywhere);
        };
        const [down, right] = [place('y', height, box.height), place('x', width, box.width)];
        const zoomY = tf.div(box.height, outputShape[0]);
        const zoomX = tf.div(box.width, outputShape[1]);
        // Centres of pixels are mapped onto one another: output i lies at start + (i + 1/2) · zoom - 1/2.
        const offset = (start: tf.Tensor, zoom: tf.Tensor) => tf.add(start, tf.mul(tf.sub(zoom, 1), 0.5));
        const zero = tf.zeros([batch]);
        const rows = [zoomX, zero, offset(right, zoomX), zero, zoomY, offset(down, zoomY), zero, zero];
        const transforms = tf.stack(rows, 1) as tf.Tensor2D;
        return projectiveTransform(images, transforms, { interpolation: 'bilinear', outside: 'nearest', outputShape });
      },
      evaluate(images) {
        const [batch, height, width, channels] = images.shape;
        const [boxHeight, boxWidth] = middleBox(height, width, ratio);
        const start = [0, Math.floor((height - boxHeight) / 2), Math.floor((width - boxWidth) / 2), 0];
        const middle = tf.slice(images, start, [batch, boxHeight, boxWidth, channels]);
        if (boxHeight === outputShape[0] && boxWidth === outputShape[1]) return middle;
        return tf.image.resizeBilinear(middle, outputShape, false, true);
      },
    };
  },
});

type BoxOptions = { batch: number; extent: readonly [number, number]; scale: [number, number]; ratio: [number, number] };

/**
 * Sides [batch] of a box in each image: of the first of the tries that fits into the image, else of the largest box that the ratios
 * allow, which is then to lie in the middle. As all tries are drawn whether they are needed or not, the distribution is torchvision's.
 */
function drawBox(draw: Draw, { batch, extent: [height, width], scale, ratio }: BoxOptions) {
  const between = (part: string, range: readonly [number, number]) => drawBetween(draw, part, { range, shape: [batch, tries] });
  const area = tf.mul(between('area', scale), height * width);
  const shape = tf.exp(between('ratio', [Math.log(ratio[0]), Math.log(ratio[1])]));
  const tried = { height: tf.round(tf.sqrt(tf.div(area, shape))), width: tf.round(tf.sqrt(tf.mul(area, shape))) };
  const inside = (side: tf.Tensor, extent: number) => tf.logicalAnd(tf.greater(side, 0), tf.lessEqual(side, extent));
  const fits = tf.cast(tf.logicalAnd(inside(tried.height, height), inside(tried.width, width)), 'float32');
  const isFirst = tf.mul(fits, tf.cast(tf.equal(tf.cumsum(fits, 1), 1), 'float32'));
  const none = tf.sub(1, tf.max(fits, 1));
  const [middleHeight, middleWidth] = middleBox(height, width, ratio);
  const chosen = (sides: tf.Tensor, otherwise: number) => tf.add(tf.sum(tf.mul(sides, isFirst), 1), tf.mul(none, otherwise));
  return {
    height: chosen(tried.height, middleHeight),
    width: chosen(tried.width, middleWidth),
    isMiddle: tf.cast(none, 'bool'),
  };
}

/** [height, width] of the largest box in an image whose width by height lies within `ratio`. */
function middleBox(height: number, width: number, [low, high]: readonly [number, number]): [number, number] {
  if (width / height < low) return [Math.max(1, Math.round(width / low)), width];
  if (width / height > high) return [height, Math.max(1, Math.round(height * high))];
  return [height, width];
}
