import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { assertCloseTo } from '../close-to.fixture.ts';
import { drawn, evaluateOn, pixelsOf, randomImages, trainOn } from './augment.fixture.ts';
import { gaussianBlur } from './gaussian-blur.ts';

before(() => openDevice());

const create = (settings: object) => gaussianBlur.create({ type: 'gaussian-blur', ...settings });

describe('gaussian-blur', () => {
  it('blurs some images, each by a drawn sigma', () => {
    const [count, side, radius] = [10, 6, 2];
    const images = randomImages(count, side, side, 2);
    const isBlurred = drawn('/apply', count).map((draw) => draw < 0.6);
    assert.ok(isBlurred.includes(true) && isBlurred.includes(false));
    const sigmas = drawn('/sigma', count).map((draw) => 0.5 + draw * 1.5);
    const offsets = [-2, -1, 0, 1, 2];
    const mirrored = (at: number) => (at < 0 ? -at : at >= side ? 2 * (side - 1) - at : at);
    const expected = pixelsOf(images.shape, (image, row, column, channel) => {
      if (!isBlurred[image]) return images.at(image, row, column, channel);
      const weights = offsets.map((offset) => Math.exp(-(offset ** 2) / (2 * sigmas[image]! ** 2)));
      const total = weights.reduce((sum, weight) => sum + weight);
      let sum = 0;
      for (const down of offsets) {
        for (const right of offsets) {
          const share = (weights[down + radius]! * weights[right + radius]!) / total ** 2;
          sum += share * images.at(image, mirrored(row + down), mirrored(column + right), channel);
        }
      }
      return sum;
    });
    const blur = create({ sigma: [0.5, 2], probability: 0.6, kernelSize: 5 });
    assertCloseTo(trainOn(blur, images).values, expected, 1e-5);
  });

  it("takes SimCLR's kernel, a tenth of the shorter side, if nothing is said", () => {
    // A single bright pixel shows how far the kernel reaches.
    const reach = (height: number, width: number) => {
      const values = new Float32Array(height * width);
      const [row, column] = [Math.floor(height / 2), Math.floor(width / 2)];
      values[row * width + column] = 1;
      const blurred = trainOn(create({ probability: 1, sigma: [2, 2] }), { ...randomImages(1, height, width, 1), values });
      return blurred.values.slice(row * width, (row + 1) * width).filter((value) => value > 0).length;
    };
    assert.deepEqual([reach(16, 16), reach(32, 32), reach(96, 96), reach(40, 224), reach(224, 224)], [3, 3, 9, 5, 23]);
  });

  it('refuses images that are smaller than the mirrored border, and even kernels', () => {
    const blur = create({ kernelSize: 9 });
    assert.deepEqual(blur.outputShape([5, 5, 1]), [5, 5, 1]);
    assert.throws(() => blur.outputShape([4, 9, 1]), {
      code: 'shapeMismatch',
      message: /border of 4×9 images for a kernel of 9/,
    });
    assert.throws(() => create({ kernelSize: 4 }), /must be odd/);
  });

  it('leaves images alone in evaluation', () => {
    const images = randomImages(2, 5, 5, 1);
    assert.deepEqual(evaluateOn(create({ probability: 1 }), images).values, [...images.values]);
  });
});
