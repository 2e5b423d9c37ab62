import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { affineTransforms, projectiveTransform } from './image-transform.ts';
import { philoxUniform } from './philox.ts';

type Affine = { angle: number; scale: number; shiftX: number; shiftY: number; shear: number };
const unmoved: Affine = { angle: 0, scale: 1, shiftX: 0, shiftY: 0, shear: 0 };

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
});

/** Turns and moves images [batch, height, width, 1] on a backend, one map for each. */
function transform(backend: BackendName, image: number[][], maps: Affine[], interpolation: 'nearest' | 'bilinear' = 'bilinear') {
  const [height, width] = [image.length, image[0]!.length];
  return valuesOn(backend, () => {
    const images = tf.tensor4d(
      maps.flatMap(() => image.flat()),
      [maps.length, height, width, 1],
    );
    const part = (name: keyof Affine) => tf.tensor1d(maps.map((map) => map[name]));
    const parts = {
      angle: part('angle'),
      scale: part('scale'),
      shiftX: part('shiftX'),
      shiftY: part('shiftY'),
      shear: part('shear'),
    };
    return projectiveTransform(images, affineTransforms(parts, { height, width }), { interpolation });
  });
}

/** The same, pixel by pixel: the forward map of the doc comment is inverted by solving its two equations. */
function transformSlowly(image: number[][], { angle, scale, shiftX, shiftY, shear }: Affine): number[] {
  const [height, width] = [image.length, image[0]!.length];
  const [centreX, centreY] = [(width - 1) / 2, (height - 1) / 2];
  // Forward: p' = scale · R · H · (p - centre) + centre + shift.
  const [m00, m10] = [scale * Math.cos(angle), scale * Math.sin(angle)];
  const m01 = m00 * Math.tan(shear) - scale * Math.sin(angle);
  const m11 = m10 * Math.tan(shear) + scale * Math.cos(angle);
  const determinant = m00 * m11 - m01 * m10;
  const pixel = (row: number, column: number) => image[row]?.[column] ?? 0;
  return Array.from({ length: height * width }, (_, i) => {
    const toX = (i % width) - centreX - shiftX;
    const toY = Math.floor(i / width) - centreY - shiftY;
    const x = (m11 * toX - m01 * toY) / determinant + centreX;
    const y = (m00 * toY - m10 * toX) / determinant + centreY;
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [fromLeft, fromTop] = [x - left, y - top];
    return (
      (1 - fromTop) * ((1 - fromLeft) * pixel(top, left) + fromLeft * pixel(top, left + 1)) +
      fromTop * ((1 - fromLeft) * pixel(top + 1, left) + fromLeft * pixel(top + 1, left + 1))
    );
  });
}

const square = [
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
];

describe('affineTransforms and projectiveTransform', () => {
  it('leave an image as it is where nothing is to be moved', async () => {
    for (const backend of backends) assertCloseTo(await transform(backend, square, [unmoved]), square.flat(), 1e-5);
  });

  it('shift by whole pixels, right and down, zeros coming in', async () => {
    for (const backend of backends) {
      const shifted = await transform(backend, square, [{ ...unmoved, shiftX: 1, shiftY: 2 }], 'nearest');
      assert.deepEqual(shifted, [0, 0, 0, 0, 0, 0, 0, 1, 2]);
    }
  });

  it('turn clockwise, as the y axis points down', async () => {
    for (const backend of backends) {
      const turned = await transform(backend, square, [{ ...unmoved, angle: Math.PI / 2 }]);
      assertCloseTo(turned, [7, 4, 1, 8, 5, 2, 9, 6, 3], 1e-4);
    }
  });

  it('magnify about the centre', async () => {
    for (const backend of backends) {
      const scaled = await transform(backend, square, [{ ...unmoved, scale: 2 }]);
      assertCloseTo(scaled, [3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7], 1e-4);
    }
  });

  it('agree with a plain loop for all parts together, image by image, on an oblong', async () => {
    const image = Array.from({ length: 5 }, (_, row) => [...philoxUniform(8, 1, row)]);
    const maps = Array.from({ length: 6 }, (_, i): Affine => {
      const [a = 0, s = 0, x = 0, y = 0, h = 0] = philoxUniform(5, 2, i);
      return { angle: 2 * a - 1, scale: 0.7 + 0.8 * s, shiftX: 4 * x - 2, shiftY: 3 * y - 1.5, shear: h - 0.5 };
    });
    const expected = maps.flatMap((map) => transformSlowly(image, map));
    // tfjs 4.22's plain JavaScript kernel transforms the first image of a batch only.
    for (const backend of backends.filter((name) => name !== 'cpu')) {
      assertCloseTo(await transform(backend, image, maps), expected, 1e-4);
    }
    assertCloseTo(await transform('cpu', image, maps.slice(0, 1)), expected.slice(0, image.flat().length), 1e-4);
  });

  it('take the nearest pixel inside for what lies outside, where that is asked for', async () => {
    for (const backend of backends) {
      const moved = await valuesOn(backend, () => {
        const transforms = tf.tensor2d([[1, 0, -1.5, 0, 1, 2, 0, 0]]);
        const image = tf.tensor4d(square.flat(), [1, 3, 3, 1]);
        return projectiveTransform(image, transforms, { interpolation: 'bilinear', outside: 'nearest' });
      });
      assertCloseTo(moved, [7, 7, 7.5, 7, 7, 7.5, 7, 7, 7.5], 1e-5);
    }
  });

  it('give another size where one is asked for', async () => {
    for (const backend of backends) {
      const cut = await valuesOn(backend, () => {
        const transforms = tf.tensor2d([[1, 0, 1, 0, 1, 1, 0, 0]]);
        const image = tf.tensor4d(square.flat(), [1, 3, 3, 1]);
        return projectiveTransform(image, transforms, { interpolation: 'nearest', outputShape: [2, 1] });
      });
      assert.deepEqual(cut, [5, 8]);
    }
  });
});
