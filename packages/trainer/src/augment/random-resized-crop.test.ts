import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { assertCloseTo } from '../close-to.fixture.ts';
import { drawn, evaluateOn, type Images, pixelsOf, randomImages, trainOn } from './augment.fixture.ts';
import { randomResizedCrop } from './random-resized-crop.ts';

before(() => openDevice());

const tries = 10;
const create = (settings: object) => randomResizedCrop.create({ type: 'random-resized-crop', ...settings });

type Box = { top: number; left: number; height: number; width: number; isMiddle: boolean };
type Settings = { scale: readonly [number, number]; ratio: readonly [number, number] };

/** The way of torchvision: try up to ten boxes, one after the other, else the middle. */
function boxesSlowly([count, height, width]: Images['shape'], { scale, ratio }: Settings): Box[] {
  const [areas, shapes] = [drawn('/area', count * tries), drawn('/ratio', count * tries)];
  const [downs, rights] = [drawn('/y', count), drawn('/x', count)];
  return Array.from({ length: count }, (_, image) => {
    for (let i = image * tries; i < (image + 1) * tries; i++) {
      const area = height * width * (scale[0] + areas[i]! * (scale[1] - scale[0]));
      const shape = Math.exp(Math.log(ratio[0]) + shapes[i]! * (Math.log(ratio[1]) - Math.log(ratio[0])));
      const [boxHeight, boxWidth] = [Math.round(Math.sqrt(area / shape)), Math.round(Math.sqrt(area * shape))];
      if (boxHeight < 1 || boxWidth < 1 || boxHeight > height || boxWidth > width) continue;
      const top = Math.floor(downs[image]! * (height - boxHeight + 1));
      const left = Math.floor(rights[image]! * (width - boxWidth + 1));
      return { top, left, height: boxHeight, width: boxWidth, isMiddle: false };
    }
    return middle(height, width, ratio);
  });
}

function middle(height: number, width: number, [low, high]: readonly [number, number]): Box {
  const boxWidth = width / height > high ? Math.round(height * high) : width;
  const boxHeight = width / height < low ? Math.round(width / low) : height;
  const [top, left] = [Math.floor((height - boxHeight) / 2), Math.floor((width - boxWidth) / 2)];
  return { top, left, height: boxHeight, width: boxWidth, isMiddle: true };
}

/** Each pixel of the result between the four around its place in the image, the border pixels going on outwards. */
function resizedSlowly(images: Images, boxes: readonly Box[], [outHeight, outWidth]: readonly [number, number]): number[] {
  const [count, height, width, channels] = images.shape;
  const inside = (at: number, side: number) => Math.min(Math.max(at, 0), side - 1);
  return pixelsOf([count, outHeight, outWidth, channels], (image, row, column, channel) => {
    const box = boxes[image]!;
    const y = inside(box.top + ((row + 0.5) * box.height) / outHeight - 0.5, height);
    const x = inside(box.left + ((column + 0.5) * box.width) / outWidth - 0.5, width);
    const [above, left] = [Math.floor(y), Math.floor(x)];
    const pixel = (down: number, right: number) =>
      images.at(image, inside(above + down, height), inside(left + right, width), channel);
    const between = (a: number, b: number, share: number) => a + (b - a) * share;
    const upper = between(pixel(0, 0), pixel(0, 1), x - left);
    return between(upper, between(pixel(1, 0), pixel(1, 1), x - left), y - above);
  });
}

describe('random-resized-crop', () => {
  it('cuts a box of drawn area and shape out of each image and resizes it', () => {
    const images = randomImages(24, 12, 9, 2);
    const settings: Settings = { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] };
    const boxes = boxesSlowly(images.shape, settings);
    assert.ok(new Set(boxes.map(({ height, width }) => `${height}×${width}`)).size > 8);
    const { shape, values } = trainOn(create({ size: [6, 8] }), images);
    assert.deepEqual(shape, [24, 6, 8, 2]);
    assertCloseTo(values, resizedSlowly(images, boxes, [6, 8]), 1e-4);
  });

  it('takes the middle where none of ten boxes fits, the others where one does', () => {
    const images = randomImages(40, 4, 24, 1);
    const settings: Settings = { scale: [0.4, 1], ratio: [0.5, 2] };
    const boxes = boxesSlowly(images.shape, settings);
    const middles = boxes.filter(({ isMiddle }) => isMiddle);
    assert.ok(middles.length === boxes.length); // none of this area is so narrow
    assertCloseTo(trainOn(create({ size: 4, ...settings }), images).values, resizedSlowly(images, boxes, [4, 4]), 1e-4);
    const sometimes: Settings = { scale: [0.2, 1], ratio: [0.5, 4.1] };
    const mixed = boxesSlowly(images.shape, sometimes);
    assert.deepEqual(new Set(mixed.map(({ isMiddle }) => isMiddle)), new Set([true, false]));
    assertCloseTo(trainOn(create({ size: 5, ...sometimes }), images).values, resizedSlowly(images, mixed, [5, 5]), 1e-4);
  });

  it('gives images themselves where the box is the whole and the size the same', () => {
    const images = randomImages(3, 6, 6, 3);
    const { values } = trainOn(create({ size: 6, scale: [1, 1], ratio: [1, 1] }), images);
    assertCloseTo(values, images.values, 1e-6);
  });

  it('takes in evaluation the largest middle of an allowed shape', () => {
    for (const [height, width] of [
      [10, 10],
      [6, 18],
      [20, 5],
    ] as const) {
      const images = randomImages(2, height, width, 2);
      const boxes = [0, 1].map(() => middle(height, width, [3 / 4, 4 / 3]));
      const { shape, values } = evaluateOn(create({ size: 8 }), images);
      assert.deepEqual(shape, [2, 8, 8, 2]);
      const cut: Images = {
        shape: [2, boxes[0]!.height, boxes[0]!.width, 2],
        values: new Float32Array(),
        at: (image, row, column, channel) => images.at(image, row + boxes[0]!.top, column + boxes[0]!.left, channel),
      };
      const whole = boxes.map((box) => ({ ...box, top: 0, left: 0 }));
      assertCloseTo(values, resizedSlowly(cut, whole, [8, 8]), 1e-5);
    }
  });

  it('states the shape that comes out', () => {
    assert.deepEqual(create({ size: 32 }).outputShape([40, 50, 3]), [32, 32, 3]);
    assert.deepEqual(create({ size: [16, 24] }).outputShape([40, 50, 1]), [16, 24, 1]);
  });
});
