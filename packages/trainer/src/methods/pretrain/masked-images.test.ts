import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { createRng, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../../close-to.fixture.ts';
import {
  drawHidden,
  hiddenAbsoluteError,
  hiddenCount,
  hiddenSquaredError,
  normalizedPatches,
  patchPixels,
  randomMask,
  unnormalizedPatches,
} from './patches.ts';
import { allRotations } from './rotation-prediction.ts';
import { sinePositions } from './sine-positions.ts';

before(() => openDevice());

type Reference = {
  shape: [number, number, number, number];
  side: number;
  images: number[];
  predicted: number[];
  hidden: number[];
  mae: number;
  maeNormalized: number;
  simmim: number;
  rotated: { side: number; images: number[] };
};

/** Numbers of PyTorch: test/parity/losses/make_masked_reference.py. */
const path = new URL('../../../../../test/parity/losses/masked.json', import.meta.url);
const reference = JSON.parse(readFileSync(path, 'utf8')) as Reference;

function tensors() {
  const { shape, side, predicted, hidden } = reference;
  const [batch, height, width, channels] = shape;
  const patches = (height * width) / side ** 2;
  return {
    pixels: patchPixels(tf.tensor4d(reference.images, shape), side),
    predicted: tf.tensor3d(predicted, [batch, patches, side * side * channels]),
    mask: { hidden: tf.tensor3d(hidden, [batch, patches, 1]) },
  };
}

describe('losses of masked images', () => {
  it("are those of the authors' code", () => {
    const { pixels, predicted, mask } = tensors();
    assertCloseTo(hiddenSquaredError(predicted, pixels, mask).dataSync(), [reference.mae], 1e-5);
    assertCloseTo(hiddenSquaredError(predicted, normalizedPatches(pixels), mask).dataSync(), [reference.maeNormalized], 1e-5);
    assertCloseTo(hiddenAbsoluteError(predicted, pixels, mask).dataSync(), [reference.simmim], 1e-5);
  });

  it('do not see what is drawn where nothing is hidden', () => {
    const { pixels, predicted, mask } = tensors();
    const elsewhere = tf.add(predicted, tf.mul(tf.sub(1, mask.hidden), 100)) as tf.Tensor3D;
    for (const loss of [hiddenSquaredError, hiddenAbsoluteError])
      assertCloseTo(loss(elsewhere, pixels, mask).dataSync(), loss(predicted, pixels, mask).dataSync(), 1e-6);
  });
});

describe('what is drawn of masked images', () => {
  it('is the image where every patch is drawn right, and black in what is seen where it is hidden', () => {
    const { pixels, mask } = tensors();
    const images = tf.tensor4d(reference.images, reference.shape);
    const [batch, height, width] = reference.shape;
    const patchSize = reference.side;
    const grid = { patchSize, gridSize: [height / patchSize, width / patchSize] } as const;
    const predicted = unnormalizedPatches(normalizedPatches(pixels), pixels);
    const { shown, drawn } = drawHidden(images, grid, { predicted, mask });
    assertCloseTo(drawn.dataSync(), images.dataSync(), 1e-5);
    const seen = tf.mul(pixels, tf.sub(1, mask.hidden));
    assertCloseTo(patchPixels(shown, patchSize).dataSync(), seen.dataSync(), 0);
    assert.equal(shown.shape[0], batch);
  });
});

describe('a mask', () => {
  const [batch, patches, hidden] = [50, 16, 12];
  const maskOf = (step: number) => randomMask({ rng: createRng(stepKey(3, step)), site: 'mask', batch, patches, hidden });

  it('hides so many patches of each image, and picks each of the others once', () => {
    const mask = maskOf(0);
    assertCloseTo(tf.sum(mask.hidden, [1, 2]).dataSync(), new Array(batch).fill(hidden), 0);
    assertCloseTo(tf.sum(mask.pick, 2).dataSync(), new Array(batch * (patches - hidden)).fill(1), 0);
    assertCloseTo(tf.add(tf.sum(mask.pick, 1), tf.squeeze(mask.hidden, [2])).dataSync(), new Array(batch * patches).fill(1), 0);
  });

  it('differs from image to image and from step to step, every patch as likely', () => {
    const [first, again, next] = [maskOf(0), maskOf(0), maskOf(1)].map((mask) => [...mask.hidden.dataSync()]);
    assert.deepEqual(first, again);
    assert.notDeepEqual(first, next);
    assert.notDeepEqual(first!.slice(0, patches), first!.slice(patches, 2 * patches));
    const many = Array.from({ length: 40 }, (_, step) => tf.sum(maskOf(step).hidden, 0).dataSync());
    for (let patch = 0; patch < patches; patch++) {
      const share = many.reduce((sum, counts) => sum + counts[patch]!, 0) / (40 * batch);
      assert.ok(Math.abs(share - hidden / patches) < 0.04, `patch ${patch} is hidden ${share} of the time`);
    }
  });

  it('hides some and never all, whatever the share', () => {
    assert.equal(hiddenCount(64, 0.75), 48);
    assert.equal(hiddenCount(4, 0.99), 3);
    assert.equal(hiddenCount(4, 0.01), 1);
    assert.throws(() => hiddenCount(1, 0.5), /smaller patch/);
  });
});

describe('positions of a grid', () => {
  it('are all different, of the same length', () => {
    const rows = tf.squeeze(sinePositions([3, 4], 16), [0]).arraySync() as number[][];
    assertCloseTo(
      rows.map((row) => Math.hypot(...row)),
      new Array(12).fill(Math.sqrt(8)),
      1e-5,
    );
    assert.equal(new Set(rows.map(String)).size, 12);
  });
});

describe('rotations', () => {
  it('are the quarter turns of rot90, and four of them change nothing', () => {
    const { side, images } = reference.rotated;
    const channels = images.length / (4 * side * side);
    const square = tf.tensor4d(images.slice(0, side * side * channels), [1, side, side, channels]);
    const turned = allRotations(square);
    assertCloseTo(turned.dataSync(), images, 1e-6);
    const quarter = (x: tf.Tensor4D) => tf.slice4d(allRotations(x), [1, 0, 0, 0], [1, -1, -1, -1]);
    assertCloseTo(quarter(quarter(quarter(quarter(square)))).dataSync(), square.dataSync(), 0);
  });
});
