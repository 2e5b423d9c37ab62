import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { assertCloseTo } from '../close-to.fixture.ts';
import { evaluateOn, pixelsOf, randomImages, trainOn } from './augment.fixture.ts';
import { resize } from './resize.ts';

before(() => openDevice());

describe('resize', () => {
  it('takes each pixel between the four around its centre, in training as in evaluation', () => {
    const images = randomImages(2, 5, 8, 3);
    const [height, width] = [7, 4];
    const step = resize.create({ type: 'resize', size: [height, width] });
    const expected = pixelsOf([2, height, width, 3], (image, row, column, channel) => {
      // Pixel centres are mapped onto pixel centres; the border pixels go on outwards.
      const fromY = Math.max(0, ((row + 0.5) * 5) / height - 0.5);
      const fromX = Math.max(0, ((column + 0.5) * 8) / width - 0.5);
      const [top, left] = [Math.floor(fromY), Math.floor(fromX)];
      const pixel = (y: number, x: number) => images.at(image, Math.min(y, 4), Math.min(x, 7), channel);
      const mix = (a: number, b: number, share: number) => a + (b - a) * share;
      const upper = mix(pixel(top, left), pixel(top, left + 1), fromX - left);
      return mix(upper, mix(pixel(top + 1, left), pixel(top + 1, left + 1), fromX - left), fromY - top);
    });
    const { shape, values } = trainOn(step, images);
    assert.deepEqual(shape, [2, height, width, 3]);
    assertCloseTo(values, expected, 1e-5);
    assert.deepEqual(evaluateOn(step, images), { shape, values });
  });

  it('makes a square of one number, and leaves images of the size alone', () => {
    const images = randomImages(1, 6, 6, 1);
    const step = resize.create({ type: 'resize', size: 6 });
    assert.deepEqual(step.outputShape([100, 30, 3]), [6, 6, 3]);
    assert.deepEqual(evaluateOn(step, images).values, [...images.values]);
  });
});
