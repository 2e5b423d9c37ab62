import { projectiveTransform } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineAugmentation } from './define-augmentation.ts';
import { orderedPair } from './ordered-pair.ts';
import { drawBoxes, type ImageSize, middleBox } from './random-box.ts';
import { Size, sidesOf } from './resize.ts';

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
        const sizes = Array.from({ length: batch }, (): ImageSize => [height, width]);
        const box = drawBoxes(draw, sizes, { scale, ratio });
        const zoomY = tf.div(box.height, outputShape[0]);
        const zoomX = tf.div(box.width, outputShape[1]);
        // Centres of pixels are mapped onto one another: output i lies at start + (i + 1/2) · zoom - 1/2.
        const offset = (start: tf.Tensor, zoom: tf.Tensor) => tf.add(start, tf.mul(tf.sub(zoom, 1), 0.5));
        const zero = tf.zeros([batch]);
        const rows = [zoomX, zero, offset(box.left, zoomX), zero, zoomY, offset(box.top, zoomY), zero, zero];
        const transforms = tf.stack(rows, 1) as tf.Tensor2D;
        return projectiveTransform(images, transforms, { interpolation: 'bilinear', outside: 'nearest', outputShape });
      },
      evaluate(images) {
        const [batch, height, width, channels] = images.shape;
        const { top, left, ...box } = placedMiddle([height, width], ratio);
        const middle = tf.slice(images, [0, top, left, 0], [batch, box.height, box.width, channels]);
        if (box.height === outputShape[0] && box.width === outputShape[1]) return middle;
        return tf.image.resizeBilinear(middle, outputShape, false, true);
      },
      decoding: {
        size: outputShape,
        trainBoxes: (sizes, draw) => drawBoxes(draw, sizes, { scale, ratio }),
        evaluateBox: (image) => placedMiddle(image, ratio),
      },
    };
  },
});

function placedMiddle([height, width]: ImageSize, ratio: readonly [number, number]) {
  const [boxHeight, boxWidth] = middleBox([height, width], ratio);
  const [top, left] = [Math.floor((height - boxHeight) / 2), Math.floor((width - boxWidth) / 2)];
  return { top, left, height: boxHeight, width: boxWidth };
}
