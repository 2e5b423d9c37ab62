import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { createRng, stepKey, symmetricBeta } from '@scion/engine/ops';
import { assertCloseTo } from '../close-to.fixture.ts';
import { drawn, evaluateOn, mixOn, pixelsOf, randomImages } from './augment.fixture.ts';
import { cutmix } from './cutmix.ts';

before(() => openDevice());

const [count, height, width] = [20, 9, 12];
const images = randomImages(count, height, width, 2);
const create = (settings: object = {}) => cutmix.create({ type: 'cutmix', ...settings });

/** The box in each image, as the paper's algorithm cuts it. */
function boxesSlowly() {
  const kept = symmetricBeta(createRng(stepKey(0, 0)), 'test/weight', { alpha: 1, shape: [count] }).dataSync();
  const [ys, xs] = [drawn('/y', count), drawn('/x', count)];
  const along = (draw: number, extent: number, share: number): [number, number] => {
    const [centre, half] = [Math.floor(draw * extent), Math.floor(Math.floor(extent * share) / 2)];
    return [Math.max(0, centre - half), Math.min(extent, centre + half)];
  };
  return Array.from({ length: count }, (_, image) => {
    const share = Math.sqrt(1 - kept[image]!);
    const [top, bottom] = along(ys[image]!, height, share);
    const [left, right] = along(xs[image]!, width, share);
    return { top, bottom, left, right };
  });
}

describe('cutmix', () => {
  it('lays a box of the next image over each, its label counting by the area that is left', () => {
    const boxes = boxesSlowly();
    const { values, weights } = mixOn(create(), images);
    const expected = pixelsOf(images.shape, (image, row, column, channel) => {
      const { top, bottom, left, right } = boxes[image]!;
      const inBox = row >= top && row < bottom && column >= left && column < right;
      return images.at(inBox ? (image + 1) % count : image, row, column, channel);
    });
    assert.deepEqual(values, expected);
    const areas = boxes.map(({ top, bottom, left, right }) => (bottom - top) * (right - left));
    assert.ok(new Set(areas).size > 8);
    const left = areas.map((area) => 1 - area / (height * width));
    assertCloseTo(weights, left, 1e-6);
  });

  it('leaves some images and their labels alone where it is told to', () => {
    const isMixed = drawn('/apply', count).map((draw) => draw < 0.5);
    const { weights } = mixOn(create({ probability: 0.5 }), images);
    assert.ok(isMixed.includes(false));
    for (const [image, mixed] of isMixed.entries()) if (!mixed) assert.equal(weights[image], 1);
    assert.ok(weights.some((weight) => weight < 1));
  });

  it('leaves an only image as it is', () => {
    const alone = randomImages(1, 4, 4, 1);
    assert.deepEqual(mixOn(create(), alone).values, [...alone.values]);
  });

  it('leaves images alone in evaluation', () => {
    assert.deepEqual(evaluateOn(create(), images).values, [...images.values]);
  });
});
