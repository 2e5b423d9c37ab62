import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { drawn, evaluateOn, pixelsOf, randomImages, trainOn } from './augment.fixture.ts';
import { randomCrop } from './random-crop.ts';

before(() => openDevice());

const create = (size: number, padding = 0) => randomCrop.create({ type: 'random-crop', size, padding });

describe('random-crop', () => {
  it('cuts each image at a place of its own out of the padded image', () => {
    const images = randomImages(12, 5, 7, 3);
    const [size, padding] = [4, 2];
    const tops = drawn('/y', 12).map((draw) => Math.floor(draw * (5 + 2 * padding - size + 1)) - padding);
    const lefts = drawn('/x', 12).map((draw) => Math.floor(draw * (7 + 2 * padding - size + 1)) - padding);
    assert.ok(new Set(tops).size > 2 && new Set(lefts).size > 2);
    const expected = pixelsOf([12, size, size, 3], (image, row, column, channel) =>
      images.at(image, tops[image]! + row, lefts[image]! + column, channel),
    );
    const cropped = trainOn(create(size, padding), images);
    assert.deepEqual(cropped.shape, [12, size, size, 3]);
    assert.deepEqual(cropped.values, expected);
  });

  it('reaches every place, the outermost ones too', () => {
    const images = randomImages(1000, 2, 2, 1);
    const { values } = trainOn(create(2, 1), images);
    const lefts = new Set(drawn('/x', 1000).map((draw) => Math.floor(draw * 3) - 1));
    assert.deepEqual([...lefts].sort(), [-1, 0, 1]);
    const corners = Array.from({ length: 1000 }, (_, i) => values.slice(4 * i, 4 * i + 4).filter((value) => value === 0).length);
    assert.deepEqual([...new Set(corners)].sort(), [0, 2, 3]); // nothing, a side, or all but a corner lies outside
  });

  it('cuts out of the middle in evaluation, padding where the image is too small', () => {
    const images = randomImages(2, 7, 3, 2);
    const cropped = evaluateOn(create(5, 1), images);
    assert.deepEqual(cropped.shape, [2, 5, 5, 2]);
    const expected = pixelsOf([2, 5, 5, 2], (image, row, column, channel) => images.at(image, row + 1, column - 1, channel));
    assert.deepEqual(cropped.values, expected);
    assert.deepEqual(evaluateOn(create(5, 1), images), cropped);
  });

  it('leaves images of the wanted size alone in evaluation', () => {
    const images = randomImages(2, 4, 4, 1);
    assert.deepEqual(evaluateOn(create(4, 3), images).values, [...images.values]);
  });

  it('states the shape that comes out, and refuses images that are too small', () => {
    assert.deepEqual(create(32, 4).outputShape([32, 40, 3]), [32, 32, 3]);
    assert.throws(() => create(32, 4).outputShape([32, 20, 3]), {
      code: 'shapeMismatch',
      message: /random-crop cannot cut 32×32 out of 32×20 with padding 4/,
    });
  });
});
