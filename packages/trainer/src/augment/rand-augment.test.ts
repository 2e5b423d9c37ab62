import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { assertCloseTo } from '../close-to.fixture.ts';
import { drawn, evaluateOn, type Images, pixelsOf, randomImages, trainOn } from './augment.fixture.ts';
import { operationNames } from './rand-augment/operations.ts';
import { type Picture, slowOperations } from './rand-augment/slow-operations.fixture.ts';
import { randAugment } from './rand-augment.ts';

before(() => openDevice());

const create = (settings: object) => randAugment.create({ type: 'rand-augment', ...settings });

/** Images of bytes, so dark and light in turn that stretching and equalizing have something to do; the last is of one colour. */
function byteImages(count: number, side: number, channels: 1 | 3): Images {
  const random = randomImages(count, side, side, channels);
  const perImage = side * side * channels;
  const values = random.values.map((value, i) => {
    const image = Math.floor(i / perImage);
    if (image === count - 1) return 100 / 255;
    const [low, range] = [
      [0, 255],
      [30, 90],
      [120, 135],
    ][image % 3] as [number, number];
    return Math.floor(low + range * value ** 2) / 255;
  });
  const at: Images['at'] = (image, row, column, channel) =>
    values[((image * side + row) * side + column) * channels + channel] ?? 0;
  return { shape: random.shape, values, at };
}

function pictureOf({ shape: [, height, width, channels], at }: Images, image: number): Picture {
  const rows = Array.from({ length: height }, (_, row) => row);
  const columns = Array.from({ length: width }, (_, column) => column);
  const all = Array.from({ length: channels }, (_, channel) => channel);
  return rows.map((row) => columns.map((column) => all.map((channel) => at(image, row, column, channel))));
}

/** Which operation and direction each image gets in a round. */
function choicesOf(round: number, count: number) {
  const signs = drawn(`/${round}/sign`, count);
  return drawn(`/${round}/operation`, count).map((draw, image) => ({
    name: operationNames[Math.floor(draw * operationNames.length)]!,
    sign: signs[image]! < 0.5 ? 1 : -1,
  }));
}

const valuesOf = (pictures: readonly Picture[], images: Images) =>
  pixelsOf(images.shape, (image, row, column, channel) => pictures[image]![row]![column]![channel]!);

describe('rand-augment', () => {
  for (const channels of [3, 1] as const) {
    for (const magnitude of [9, 30, 0]) {
      it(`puts each image of ${channels} channels through a drawn operation of magnitude ${magnitude}`, () => {
        const count = 150;
        const images = byteImages(count, 17, channels);
        const choices = choicesOf(0, count);
        assert.equal(new Set(choices.map(({ name }) => name)).size, operationNames.length, 'every operation occurs');
        const pictures = choices.map(({ name, sign }, image) =>
          slowOperations[name](pictureOf(images, image), magnitude / 30, sign),
        );
        const { values, shape } = trainOn(create({ operations: 1, magnitude }), images);
        assert.deepEqual(shape, images.shape);
        const perImage = values.length / count;
        const expected = valuesOf(pictures, images);
        for (const [image, { name }] of choices.entries()) {
          const [own, wanted] = [values, expected].map((all) => all.slice(image * perImage, (image + 1) * perImage));
          try {
            assertCloseTo(own!, wanted!, 1e-4);
          } catch (cause) {
            throw new Error(`Image ${image}: ${name}`, { cause });
          }
        }
      });
    }
  }

  it('puts the result of one operation through the next', () => {
    const images = byteImages(60, 9, 3);
    const first = trainOn(create({ operations: 1 }), images);
    const { values } = trainOn(create({ operations: 2 }), images);
    const between: Images = {
      ...images,
      at: (image, row, column, channel) => first.values[((image * 9 + row) * 9 + column) * 3 + channel] ?? 0,
    };
    const choices = choicesOf(1, 60);
    const pictures = choices.map(({ name, sign }, image) => slowOperations[name](pictureOf(between, image), 0.3, sign));
    assertCloseTo(values, valuesOf(pictures, images), 1e-4);
  });

  it('keeps the values of an image exactly where the operation is the identity', () => {
    const images = randomImages(100, 5, 5, 3);
    const { values } = trainOn(create({ operations: 1 }), images);
    const untouched = choicesOf(0, 100).flatMap(({ name }, image) => (name === 'identity' ? [image] : []));
    assert.ok(untouched.length > 0);
    for (const image of untouched)
      assert.deepEqual(values.slice(image * 75, (image + 1) * 75), [...images.values.slice(image * 75, (image + 1) * 75)]);
  });

  it('takes images of any size, and leaves them alone in evaluation', () => {
    const images = randomImages(20, 2, 2, 3);
    assert.ok(trainOn(create({ magnitude: 30 }), images).values.every((value) => value >= 0 && value <= 1));
    assert.deepEqual(evaluateOn(create({}), images).values, [...images.values]);
  });
});
