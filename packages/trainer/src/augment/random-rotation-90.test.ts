import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { drawn, evaluateOn, pixelsOf, randomImages, trainOn } from './augment.fixture.ts';
import { randomRotation90 } from './random-rotation-90.ts';

before(() => openDevice());

const rotation = randomRotation90.create({ type: 'random-rotation-90' });
const images = randomImages(24, 3, 3, 2);
const last = 2;

/** Quarter turns clockwise, one after the other. */
function turnedSlowly(at: typeof images.at, quarters: number): typeof images.at {
  if (quarters === 0) return at;
  const once = turnedSlowly(at, quarters - 1);
  return (image, row, column, channel) => once(image, last - column, row, channel);
}

describe('random-rotation-90', () => {
  it('turns each image by the quarters that its draws say', () => {
    const draws = drawn('', 48).map((draw) => draw < 0.5);
    const quarters = draws.slice(0, 24).map((isQuarter, i) => Number(isQuarter) + 2 * Number(draws[24 + i]));
    assert.deepEqual([...new Set(quarters)].sort(), [0, 1, 2, 3]);
    const expected = pixelsOf(images.shape, (image, row, column, channel) =>
      turnedSlowly(images.at, quarters[image]!)(image, row, column, channel),
    );
    assert.deepEqual(trainOn(rotation, images).values, expected);
  });

  it('refuses images that are not square', () => {
    assert.deepEqual(rotation.outputShape([4, 4, 1]), [4, 4, 1]);
    assert.throws(() => rotation.outputShape([4, 5, 1]), {
      code: 'shapeMismatch',
      message: 'random-rotation-90 turns square images only, not 4×5',
    });
  });

  it('leaves images alone in evaluation', () => {
    assert.deepEqual(evaluateOn(rotation, images).values, [...images.values]);
  });
});
