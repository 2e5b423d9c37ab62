import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { assertCloseTo } from '../close-to.fixture.ts';
import { drawn, evaluateOn, pixelsOf, randomImages, trainOn } from './augment.fixture.ts';
import { randomGrayscale } from './random-grayscale.ts';

before(() => openDevice());

const images = randomImages(20, 3, 4, 3);
const create = (probability: number) => randomGrayscale.create({ type: 'random-grayscale', probability });

describe('random-grayscale', () => {
  it('makes the channels of some images equal to their brightness', () => {
    const isGray = drawn('', 20).map((draw) => draw < 0.4);
    assert.ok(isGray.includes(true) && isGray.includes(false));
    const expected = pixelsOf(images.shape, (image, row, column, channel) => {
      const [red = 0, green = 0, blue = 0] = [0, 1, 2].map((at) => images.at(image, row, column, at));
      return isGray[image] ? 0.299 * red + 0.587 * green + 0.114 * blue : images.at(image, row, column, channel);
    });
    assertCloseTo(trainOn(create(0.4), images).values, expected, 1e-6);
  });

  it('leaves grey images alone, and all in evaluation', () => {
    const grey = randomImages(4, 3, 3, 1);
    assert.deepEqual(trainOn(create(1), grey).values, [...grey.values]);
    assert.deepEqual(evaluateOn(create(1), images).values, [...images.values]);
  });

  it('refuses images of other channels', () => {
    assert.deepEqual(create(1).outputShape([4, 4, 3]), [4, 4, 3]);
    assert.throws(() => create(1).outputShape([4, 4, 2]), {
      code: 'shapeMismatch',
      message: /^random-grayscale works on .*, not of 2$/,
    });
  });
});
