import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { drawn, evaluateOn, pixelsOf, randomImages, trainOn } from './augment.fixture.ts';
import { randomVerticalFlip } from './random-vertical-flip.ts';

before(() => openDevice());

const images = randomImages(20, 4, 3, 2);
const create = (probability?: number) => randomVerticalFlip.create({ type: 'random-vertical-flip', probability });

describe('random-vertical-flip', () => {
  it('turns those images upside down, as wholes, whose draw is below the probability', () => {
    const flips = drawn('', 20).map((draw) => draw < 0.3);
    assert.ok(flips.includes(true) && flips.includes(false));
    const expected = pixelsOf(images.shape, (image, row, column, channel) =>
      images.at(image, flips[image] ? 3 - row : row, column, channel),
    );
    assert.deepEqual(trainOn(create(0.3), images).values, expected);
  });

  it('flips half of them if nothing is said', () => {
    const many = randomImages(2000, 2, 1, 1);
    const { values } = trainOn(create(), many);
    const flipped = Array.from({ length: 2000 }, (_, i) => values[2 * i] !== many.values[2 * i]).filter(Boolean).length;
    assert.ok(Math.abs(flipped - 1000) < 112, `${flipped} of 2000 were flipped`); // five standard deviations
  });

  it('leaves images alone in evaluation', () => {
    assert.deepEqual(evaluateOn(create(1), images).values, [...images.values]);
  });
});
