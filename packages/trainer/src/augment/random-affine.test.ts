import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { assertCloseTo } from '../close-to.fixture.ts';
import { drawn, evaluateOn, type Images, pixelsOf, randomImages, trainOn } from './augment.fixture.ts';
import { randomAffine } from './random-affine.ts';

before(() => openDevice());

const images = randomImages(8, 6, 9, 2);
const radians = (degrees: number) => (degrees * Math.PI) / 180;

type Map = { angle: number; scale: number; shiftX: number; shiftY: number; shear: number };

/** Looks every output pixel up where it came from, between four input pixels. */
function warpSlowly({ shape, at }: Images, mapOf: (image: number) => Map): number[] {
  const [, height, width] = shape;
  const [centreX, centreY] = [(width - 1) / 2, (height - 1) / 2];
  return pixelsOf(shape, (image, row, column, channel) => {
    const { angle, scale, shiftX, shiftY, shear } = mapOf(image);
    const [x, y] = [(column - centreX - shiftX) / scale, (row - centreY - shiftY) / scale];
    const turnedX = Math.cos(angle) * x + Math.sin(angle) * y;
    const turnedY = Math.cos(angle) * y - Math.sin(angle) * x;
    const [fromX, fromY] = [turnedX - Math.tan(shear) * turnedY + centreX, turnedY + centreY];
    const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
    const between = (a: number, b: number, share: number) => a + (b - a) * share;
    const pixel = (down: number, right: number) => at(image, top + down, left + right, channel);
    const upper = between(pixel(0, 0), pixel(0, 1), fromX - left);
    return between(upper, between(pixel(1, 0), pixel(1, 1), fromX - left), fromY - top);
  });
}

describe('random-affine', () => {
  it('turns, shears, scales and shifts each image by draws of its own', () => {
    const affine = randomAffine.create({ type: 'random-affine', degrees: 30, translate: 0.2, scale: [0.8, 1.3], shear: 10 });
    const [angles, scales, xs, ys, shears] = ['/angle', '/scale', '/x', '/y', '/shear'].map((part) => drawn(part, 8));
    const either = (draws: number[] | undefined, image: number, most: number) => (2 * (draws?.[image] ?? 0) - 1) * most;
    const expected = warpSlowly(images, (image) => ({
      angle: either(angles, image, radians(30)),
      scale: 0.8 + 0.5 * (scales?.[image] ?? 0),
      shiftX: either(xs, image, 0.2 * 9),
      shiftY: either(ys, image, 0.2 * 6),
      shear: either(shears, image, radians(10)),
    }));
    const { values, shape } = trainOn(affine, images);
    assert.deepEqual(shape, images.shape);
    assertCloseTo(values, expected, 1e-4);
    assert.notDeepEqual(trainOn(affine, images, { step: 1 }).values, values);
  });

  it('leaves images alone by default, and in evaluation always', () => {
    assertCloseTo(trainOn(randomAffine.create({ type: 'random-affine' }), images).values, images.values, 1e-5);
    const affine = randomAffine.create({ type: 'random-affine', degrees: 90 });
    assert.deepEqual(evaluateOn(affine, images).values, [...images.values]);
  });

  it('refuses a range of scales whose first number is the larger', () => {
    assert.throws(() => randomAffine.config.parse({ type: 'random-affine', scale: [1.2, 0.8] }), /must not be the larger/);
  });
});
