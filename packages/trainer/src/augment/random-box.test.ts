import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { createRng, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { drawBoxes, type ImageSize } from './random-box.ts';

before(() => openDevice());

const ranges = { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] } as const;

function boxesIn(images: readonly ImageSize[], step = 0): number[][] {
  return tf.tidy(() => {
    const { top, left, height, width } = drawBoxes({ rng: createRng(stepKey(5, step)), site: 'test' }, images, ranges);
    return tf.stack([top, left, height, width], 1).arraySync();
  }) as unknown as number[][];
}

describe('drawBoxes', () => {
  it('draws for images of many sizes what it draws for each among its like', () => {
    const sizes: ImageSize[] = [
      [300, 400],
      [50, 700],
      [33, 20],
      [1, 1],
      [2592, 1944],
    ];
    const mixed = boxesIn(sizes);
    for (const [i, size] of sizes.entries()) {
      const alike = boxesIn(sizes.map(() => size));
      assert.deepEqual(mixed[i], alike[i], `${size}`);
    }
  });

  it('draws whole boxes that lie in their images', () => {
    const sizes = Array.from({ length: 200 }, (_, i): ImageSize => [1 + ((i * 37) % 500), 1 + ((i * 91) % 700)]);
    for (const [i, [top = -1, left = -1, height = 0, width = 0]] of boxesIn(sizes, 3).entries()) {
      const [imageHeight, imageWidth] = sizes[i]!;
      assert.ok([top, left, height, width].every(Number.isInteger));
      assert.ok(height >= 1 && width >= 1 && top >= 0 && left >= 0, `${sizes[i]}`);
      assert.ok(top + height <= imageHeight && left + width <= imageWidth, `${sizes[i]}`);
    }
  });
});
