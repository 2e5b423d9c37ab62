import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { assertCloseTo } from '../close-to.fixture.ts';
import { drawn, evaluateOn, pixelsOf, randomImages, trainOn } from './augment.fixture.ts';
import { randomSolarize } from './random-solarize.ts';

before(() => openDevice());

const images = randomImages(20, 3, 4, 2);
const create = (settings: object) => randomSolarize.create({ type: 'random-solarize', ...settings });

describe('random-solarize', () => {
  it('inverts the bright pixels of some images', () => {
    const isSolarized = drawn('', 20).map((draw) => draw < 0.4);
    assert.ok(isSolarized.includes(true) && isSolarized.includes(false));
    const expected = pixelsOf(images.shape, (image, row, column, channel) => {
      const value = images.at(image, row, column, channel);
      return isSolarized[image] && value >= 0.7 ? 1 - value : value;
    });
    assertCloseTo(trainOn(create({ threshold: 0.7, probability: 0.4 }), images).values, expected, 1e-6);
  });

  it('inverts the threshold itself too', () => {
    const half = { ...randomImages(1, 1, 2, 1), values: Float32Array.of(0.75, 0.5) };
    assert.deepEqual(trainOn(create({ threshold: 0.75, probability: 1 }), half).values, [0.25, 0.5]);
  });

  it('leaves images alone in evaluation', () => {
    assert.deepEqual(evaluateOn(create({ probability: 1 }), images).values, [...images.values]);
  });
});
