import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { assertCloseTo } from '../close-to.fixture.ts';
import { drawn, evaluateOn, mixOn, pixelsOf, randomImages } from './augment.fixture.ts';
import { mixup } from './mixup.ts';

before(() => openDevice());

const count = 16;
const images = randomImages(count, 3, 4, 2);
const create = (settings: object = {}) => mixup.create({ type: 'mixup', ...settings });

describe('mixup', () => {
  it('mixes each image with the next, by the weight that its label has', () => {
    const { values, weights } = mixOn(create({ alpha: 1 }), images);
    assert.ok(new Set(weights).size === count);
    const expected = pixelsOf(images.shape, (image, row, column, channel) => {
      const [own, partner] = [image, (image + 1) % count].map((at) => images.at(at, row, column, channel));
      return weights[image]! * own! + (1 - weights[image]!) * partner!;
    });
    assertCloseTo(values, expected, 1e-6);
  });

  it('draws weights that are mostly near 0 or 1 for a small alpha, and evenly spread for 1', () => {
    const weightsFor = (alpha: number) => mixOn(create({ alpha }), randomImages(4000, 1, 1, 1)).weights;
    const extreme = (weights: number[]) => weights.filter((weight) => weight < 0.1 || weight > 0.9).length / weights.length;
    assert.ok(Math.abs(extreme(weightsFor(0.2)) - 0.6937) < 0.04, `${extreme(weightsFor(0.2))}`); // of Beta(0.2, 0.2)
    assert.ok(Math.abs(extreme(weightsFor(1)) - 0.2) < 0.04, `${extreme(weightsFor(1))}`);
  });

  it('leaves some images and their labels alone where it is told to', () => {
    const isMixed = drawn('/apply', count).map((draw) => draw < 0.5);
    assert.ok(isMixed.includes(true) && isMixed.includes(false));
    const { values, weights } = mixOn(create({ probability: 0.5 }), images);
    const perImage = values.length / count;
    for (const [image, mixed] of isMixed.entries()) {
      assert.equal(weights[image] === 1, !mixed);
      const own = (all: ArrayLike<number>) => Array.from(all).slice(image * perImage, (image + 1) * perImage);
      if (!mixed) assert.deepEqual(own(values), own(images.values));
    }
  });

  it('mixes an only image with itself', () => {
    const alone = randomImages(1, 2, 2, 1);
    assertCloseTo(mixOn(create(), alone).values, alone.values, 1e-6);
  });

  it('leaves images alone in evaluation', () => {
    assert.deepEqual(evaluateOn(create(), images).values, [...images.values]);
  });
});
