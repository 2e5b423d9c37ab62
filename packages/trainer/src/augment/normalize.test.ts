import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { assertCloseTo } from '../close-to.fixture.ts';
import { evaluateOn, pixelsOf, randomImages, trainOn } from './augment.fixture.ts';
import { normalize } from './normalize.ts';

before(() => openDevice());

const images = randomImages(2, 3, 4, 3);

describe('normalize', () => {
  it('subtracts the mean and divides by the deviation of each channel, in training as in evaluation', () => {
    const [mean, std] = [
      [0.1, 0.5, 0.9],
      [0.5, 0.25, 2],
    ];
    const step = normalize.create({ type: 'normalize', mean, std });
    const expected = pixelsOf(images.shape, (image, row, column, channel) => {
      return (images.at(image, row, column, channel) - mean[channel]!) / std[channel]!;
    });
    assertCloseTo(trainOn(step, images).values, expected, 1e-6);
    assert.deepEqual(evaluateOn(step, images), trainOn(step, images));
  });

  it('takes one number for all channels', () => {
    const step = normalize.create({ type: 'normalize', mean: [0.5], std: [0.5] });
    const expected = [...images.values].map((value) => 2 * value - 1);
    assertCloseTo(evaluateOn(step, images).values, expected, 1e-6);
  });

  it('refuses images of another number of channels', () => {
    const step = normalize.create({ type: 'normalize', mean: [0.5], std: [0.5, 0.5, 0.5] });
    assert.deepEqual(step.outputShape([8, 8, 3]), [8, 8, 3]);
    assert.throws(() => step.outputShape([8, 8, 1]), {
      code: 'shapeMismatch',
      message: 'normalize: std has 3 numbers for images of 1 channels',
    });
  });
});
