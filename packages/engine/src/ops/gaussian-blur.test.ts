import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { gaussianBlur } from './gaussian-blur.ts';
import { philoxUniform } from './philox.ts';

const [batch, height, width, channels] = [3, 6, 5, 2];
const images = philoxUniform(batch * height * width * channels, 8, 1);
const sigmas = [0.3, 1, 2.5];

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
});

const blurOn = (backend: BackendName, sigma: number[], radius: number) =>
  valuesOn(backend, () => gaussianBlur(tf.tensor4d(images, [batch, height, width, channels]), tf.tensor1d(sigma), radius));

/** The pixel at a place, the image going on outside as in a mirror that stands on the border pixels. */
function mirrored(image: number, row: number, column: number, channel: number): number {
  const inside = (at: number, side: number) => (at < 0 ? -at : at >= side ? 2 * (side - 1) - at : at);
  return images[((image * height + inside(row, height)) * width + inside(column, width)) * channels + channel]!;
}

function blurredSlowly(radius: number): number[] {
  const offsets = Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius);
  return Array.from(images, (_, i) => {
    const [channel, column] = [i % channels, Math.floor(i / channels) % width];
    const [row, image] = [Math.floor(i / (channels * width)) % height, Math.floor(i / (channels * width * height))];
    const weight = (down: number, right: number) => Math.exp(-(down ** 2 + right ** 2) / (2 * sigmas[image]! ** 2));
    const window = offsets.flatMap((down) => offsets.map((right) => [down, right] as const));
    const total = window.reduce((sum, [down, right]) => sum + weight(down, right), 0);
    return window.reduce((sum, [down, right]) => {
      return sum + (weight(down, right) / total) * mirrored(image, row + down, column + right, channel);
    }, 0);
  });
}

describe('gaussianBlur', () => {
  it('is the weighted mean over a square window, with a sigma for each image', async () => {
    for (const backend of backends) {
      for (const radius of [1, 3]) assertCloseTo(await blurOn(backend, sigmas, radius), blurredSlowly(radius), 1e-5);
    }
  });

  it('leaves an image alone for a sigma of 0, and for a radius of 0', async () => {
    for (const backend of backends) {
      assert.deepEqual(await blurOn(backend, [0, 0, 0], 2), [...images]);
      assert.deepEqual(await blurOn(backend, sigmas, 0), [...images]);
    }
  });
});
