import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { drawn, evaluateOn, pixelsOf, randomImages, trainOn } from './augment.fixture.ts';
import { randomHorizontalFlip } from './random-horizontal-flip.ts';

const images = randomImages(20, 3, 4, 2);
const width = images.shape[2];

before(() => openDevice());

describe('random-horizontal-flip', () => {
  it('mirrors those images, as wholes, whose draw is below the probability', () => {
    const flip = randomHorizontalFlip.create({ type: 'random-horizontal-flip', probability: 0.3 });
    const draws = drawn('', 20);
    const flips = draws.map((draw) => draw < 0.3);
    assert.ok(flips.includes(true) && flips.includes(false));
    const expected = pixelsOf(images.shape, (image, row, column, channel) =>
      images.at(image, row, flips[image] ? width - 1 - column : column, channel),
    );
    assert.deepEqual(trainOn(flip, images).values, expected);
  });

  it('mirrors all at probability 1, none at 0, half of them if nothing is said', () => {
    const flip = (probability?: number) => randomHorizontalFlip.create({ type: 'random-horizontal-flip', probability });
    assert.deepEqual(trainOn(flip(0), images).values, [...images.values]);
    const mirrored = pixelsOf(images.shape, (image, row, column, channel) => images.at(image, row, width - 1 - column, channel));
    assert.deepEqual(trainOn(flip(1), images).values, mirrored);
    const many = randomImages(2000, 1, 2, 1);
    const { values } = trainOn(flip(), many);
    const flipped = Array.from({ length: 2000 }, (_, i) => values[2 * i] !== many.values[2 * i]).filter(Boolean).length;
    assert.ok(Math.abs(flipped - 1000) < 112, `${flipped} of 2000 were mirrored`); // five standard deviations
  });

  it('draws anew at each step', () => {
    const flip = randomHorizontalFlip.create({ type: 'random-horizontal-flip' });
    assert.notDeepEqual(trainOn(flip, images, { step: 1 }), trainOn(flip, images, { step: 2 }));
    assert.deepEqual(trainOn(flip, images, { step: 1 }), trainOn(flip, images, { step: 1 }));
  });

  it('leaves images alone in evaluation', () => {
    const flip = randomHorizontalFlip.create({ type: 'random-horizontal-flip', probability: 1 });
    assert.deepEqual(evaluateOn(flip, images).values, [...images.values]);
  });
});
