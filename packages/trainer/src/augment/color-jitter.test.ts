import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { assertCloseTo } from '../close-to.fixture.ts';
import { drawn, evaluateOn, type Images, pixelsOf, randomImages, trainOn } from './augment.fixture.ts';
import { colorJitter } from './color-jitter.ts';

before(() => openDevice());

const [count, height, width] = [24, 4, 5];
const images = randomImages(count, height, width, 3);
const create = (settings: object) => colorJitter.create({ type: 'color-jitter', ...settings });

type Colour = readonly number[];

const clip = (value: number) => Math.min(1, Math.max(0, value));
const brightnessOf = ([red = 0, green = 0, blue = 0]: Colour) => 0.299 * red + 0.587 * green + 0.114 * blue;
const mix = (colour: Colour, other: number, factor: number) => colour.map((value) => clip(factor * value + (1 - factor) * other));

const changes = {
  brightness: (pixels: Colour[], factor: number) => pixels.map((colour) => mix(colour, 0, factor)),
  contrast(pixels: Colour[], factor: number) {
    const mean = pixels.reduce((sum, colour) => sum + brightnessOf(colour), 0) / pixels.length;
    return pixels.map((colour) => mix(colour, mean, factor));
  },
  saturation: (pixels: Colour[], factor: number) => pixels.map((colour) => mix(colour, brightnessOf(colour), factor)),
};

function turned(colour: Colour, turns: number): Colour {
  const [red = 0, green = 0, blue = 0] = colour;
  const value = Math.max(...colour);
  const chroma = value - Math.min(...colour);
  if (chroma === 0) return colour;
  const sixth =
    value === red ? (green - blue) / chroma : value === green ? 2 + (blue - red) / chroma : 4 + (red - green) / chroma;
  return [5, 3, 1].map((start) => {
    const place = (start + sixth + 6 * turns + 12) % 6;
    return value - chroma * Math.max(0, Math.min(place, 4 - place, 1));
  });
}

/** Every pixel of an image as a colour. */
function coloursOf({ at }: Images, image: number): Colour[] {
  const places = Array.from({ length: height * width }, (_, i) => [Math.floor(i / width), i % width] as const);
  return places.map(([row, column]) => [0, 1, 2].map((channel) => at(image, row, column, channel)));
}

/** Values of all images, each changed by a rule of its own. */
function changed(rule: (pixels: Colour[], image: number) => Colour[]): number[] {
  const results = Array.from({ length: count }, (_, image) => rule(coloursOf(images, image), image));
  return pixelsOf(images.shape, (image, row, column, channel) => results[image]![row * width + column]![channel]!);
}

describe('color-jitter', () => {
  it('changes each image by draws of its own, in an order of its own, the hue last', () => {
    const ranges = { brightness: [0.6, 1.4], contrast: [0, 2.5], saturation: [0.5, 2] } as const;
    const names = Object.keys(ranges) as (keyof typeof ranges)[];
    const isChanged = drawn('/apply', count).map((draw) => draw < 0.8);
    assert.ok(isChanged.includes(false));
    const orders = drawn('/order', 3 * count);
    const seen = new Set<string>();
    const expected = changed((pixels, image) => {
      if (!isChanged[image]) return pixels;
      const order = names.toSorted((a, b) => {
        const drawOf = (name: typeof a) => orders[names.indexOf(name) * count + image]!;
        return drawOf(a) - drawOf(b);
      });
      seen.add(order.join());
      const blended = order.reduce((current, name) => {
        const [low, high] = ranges[name];
        return changes[name](current, low + drawn(`/${name}`, count)[image]! * (high - low));
      }, pixels);
      return blended.map((colour) => turned(colour, -0.1 + 0.2 * drawn('/hue', count)[image]!));
    });
    assert.ok(seen.size > 3, 'several orders occur');
    const jitter = create({ brightness: 0.4, contrast: [0, 2.5], saturation: [0.5, 2], hue: 0.1, probability: 0.8 });
    assertCloseTo(trainOn(jitter, images).values, expected, 1e-5);
  });

  it('does one thing alone where one is asked for, at any strength', () => {
    for (const name of ['brightness', 'contrast', 'saturation'] as const) {
      const factors = drawn(`/${name}`, count).map((draw) => draw * 3);
      const expected = changed((pixels, image) => changes[name](pixels, factors[image]!));
      // A number over 1 reaches down to 0 only.
      assertCloseTo(trainOn(create({ [name]: 2 }), images).values, expected, 1e-5);
    }
    const turns = drawn('/hue', count).map((draw) => 0.2 + 0.2 * draw);
    const expected = changed((pixels, image) => pixels.map((colour) => turned(colour, turns[image]!)));
    assertCloseTo(trainOn(create({ hue: [0.2, 0.4] }), images).values, expected, 1e-5);
  });

  it('leaves images alone by default, and in evaluation always', () => {
    assert.deepEqual(trainOn(create({}), images).values, [...images.values]);
    assert.deepEqual(evaluateOn(create({ brightness: 1, hue: 0.5 }), images).values, [...images.values]);
  });

  it('gives grey images no colour', () => {
    const grey = randomImages(3, 4, 4, 1);
    assertCloseTo(trainOn(create({ saturation: 0.9, hue: 0.5 }), grey).values, grey.values, 1e-6);
  });

  it('refuses images of other channels, and factors below 0', () => {
    assert.throws(() => create({ hue: 0.1 }).outputShape([4, 4, 4]), { code: 'shapeMismatch' });
    assert.throws(() => create({ brightness: -0.1 }), /brightness/);
    assert.throws(() => create({ contrast: [1.2, 0.8] }), /must not be the larger/);
  });
});
