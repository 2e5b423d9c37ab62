import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { drawn, evaluateOn, pixelsOf, randomImages, trainOn } from './augment.fixture.ts';
import { cutout } from './cutout.ts';

before(() => openDevice());

const [count, height, width] = [30, 7, 9];
const images = randomImages(count, height, width, 2);
const create = (settings: object) => cutout.create({ type: 'cutout', ...settings });

/** Blanks a square around the drawn pixel; what of it lies outside blanks nothing. */
function blankedSlowly(side: number, fill: number): number[] {
  const rows = drawn('/y', count).map((draw) => Math.floor(draw * height) - Math.floor(side / 2));
  const columns = drawn('/x', count).map((draw) => Math.floor(draw * width) - Math.floor(side / 2));
  const within = (at: number, start: number) => at >= start && at < start + side;
  return pixelsOf(images.shape, (image, row, column, channel) =>
    within(row, rows[image]!) && within(column, columns[image]!) ? fill : images.at(image, row, column, channel),
  );
}

describe('cutout', () => {
  it('blanks a square of so many pixels in each image, at a place of its own', () => {
    for (const size of [1, 3, 4]) assert.deepEqual(trainOn(create({ size }), images).values, blankedSlowly(size, 0));
    assert.deepEqual(trainOn(create({ size: 4, fill: 0.5 }), images).values, blankedSlowly(4, 0.5));
  });

  it("takes the side as a share of the image's shorter side", () => {
    assert.deepEqual(trainOn(create({ fraction: 0.6 }), images).values, blankedSlowly(4, 0)); // 4.2
  });

  it('has each pixel for a centre, the outermost ones too', () => {
    const many = { ...randomImages(1000, 2, 2, 1), values: new Float32Array(4000).fill(1) };
    const { values } = trainOn(create({ size: 1 }), many);
    const blanks = Array.from({ length: 1000 }, (_, i) => values.slice(4 * i, 4 * i + 4).indexOf(0));
    for (const place of [0, 1, 2, 3]) {
      const times = blanks.filter((at) => at === place).length;
      assert.ok(Math.abs(times - 250) < 69, `${times} of 1000 at place ${place}`); // five standard deviations
    }
  });

  it('leaves images alone in evaluation', () => {
    assert.deepEqual(evaluateOn(create({}), images).values, [...images.values]);
  });
});
