import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { blend, luminance, shiftHue } from './colour.ts';
import { perImage } from './per-image.ts';
import { philoxUniform } from './philox.ts';

type Colour = [number, number, number];

const colours = Array.from({ length: 40 }, (_, i) => [...philoxUniform(3, 5, i)] as Colour);
const pixels = (list: readonly Colour[], batch = 1) => tf.tensor4d(list.flat(), [batch, list.length / batch, 1, 3]);

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
});

/** A colour's place on the six edges of the hue hexagon, moved along it: the textbook way to HSV and back. */
function turnedSlowly([red, green, blue]: Colour, turns: number): Colour {
  const value = Math.max(red, green, blue);
  const chroma = value - Math.min(red, green, blue);
  let sixth = 0;
  if (chroma > 0) {
    if (value === red) sixth = (green - blue) / chroma;
    else if (value === green) sixth = 2 + (blue - red) / chroma;
    else sixth = 4 + (red - green) / chroma;
  }
  const turned = (((sixth + 6 * turns) % 6) + 6) % 6;
  const edge = Math.floor(turned);
  const along = turned - edge;
  const low = value - chroma;
  const falling = value - chroma * along;
  const rising = value - chroma * (1 - along);
  const edges: Colour[] = [
    [value, rising, low],
    [falling, value, low],
    [low, value, rising],
    [low, falling, value],
    [rising, low, value],
    [value, low, falling],
  ];
  return edges[edge]!;
}

describe('shiftHue', () => {
  it('agrees with the way through HSV, with a turn for each image', async () => {
    const turns = [-0.5, -0.21, 0.1, 0.5];
    const expected = colours.flatMap((colour, i) => turnedSlowly(colour, turns[Math.floor(i / 10)]!));
    for (const backend of backends) {
      const values = await valuesOn(backend, () => shiftHue(pixels(colours, 4), tf.tensor1d(turns)));
      assertCloseTo(values, expected, 1e-5);
    }
  });

  it('turns red to green and blue, and leaves what has no hue', async () => {
    const pure: Colour[] = [
      [1, 0, 0],
      [0, 0, 0],
      [0.4, 0.4, 0.4],
      [1, 1, 1],
    ];
    for (const backend of backends) {
      const turn = (share: number) => valuesOn(backend, () => shiftHue(pixels(pure), tf.tensor1d([share])));
      assertCloseTo(await turn(1 / 3), [0, 1, 0, ...pure.slice(1).flat()], 1e-5);
      assertCloseTo(await turn(-1 / 3), [0, 0, 1, ...pure.slice(1).flat()], 1e-5);
      assertCloseTo(await turn(0), pure.flat(), 1e-6);
    }
  });

  it('leaves images of one channel alone', async () => {
    for (const backend of backends) {
      const values = await valuesOn(backend, () => shiftHue(tf.tensor4d([0.25, 0.5], [1, 2, 1, 1]), tf.tensor1d([0.3])));
      assert.deepEqual(values, [0.25, 0.5]);
    }
  });
});

describe('luminance', () => {
  it('weighs the channels as the eye does, and is the image itself where there is one channel', async () => {
    const expected = colours.map(([red, green, blue]) => 0.299 * red + 0.587 * green + 0.114 * blue);
    for (const backend of backends) {
      assertCloseTo(await valuesOn(backend, () => luminance(pixels(colours))), expected, 1e-6);
      assert.deepEqual(await valuesOn(backend, () => luminance(tf.tensor4d([0.25, 0.5], [1, 2, 1, 1]))), [0.25, 0.5]);
    }
  });
});

describe('blend', () => {
  it('goes from the other through the image and beyond, as far as [0, 1] reaches', async () => {
    for (const backend of backends) {
      const values = await valuesOn(backend, () => {
        const images = tf.tensor4d([0.5, 0.5, 0.5, 0.5, 0.75], [5, 1, 1, 1]);
        return blend(images, tf.scalar(0.25), perImage(tf.tensor1d([0, 0.5, 1, 1.5, 3])));
      });
      assert.deepEqual(values, [0.25, 0.375, 0.5, 0.625, 1]);
    }
  });
});
