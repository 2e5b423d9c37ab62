import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openPacked, type PackedSplit } from '@scion/data';
import { openDevice } from '@scion/engine';
import { createRng, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { drawBoxes } from '../augment/random-box.ts';
import type { TinyDataset } from '../tiny-dataset.fixture.ts';
import { attempt, createRun, hurryClock, modelHash, nextAttempt, openTemporaryStore, resolveOn } from '../training.fixture.ts';
import { openRunData } from './examples.ts';
import { packUnevenDataset } from './uneven-dataset.fixture.ts';

const { store } = await openTemporaryStore();

const crop = { type: 'random-resized-crop', size: 16 };
const training = { epochs: 3, batchSize: 8, seed: 7 };
const job = {
  kind: 'pretrain',
  backbone: { type: 'convnet-small' },
  method: { type: 'supervised' },
  training,
  augment: [crop, { type: 'random-horizontal-flip' }, { type: 'normalize', mean: [0.5], std: [0.5] }],
};

let dataset: TinyDataset;
before(async () => {
  await openDevice();
  dataset = await packUnevenDataset(store);
});

/** What the loader gives for some positions: at a step of training, or as in evaluation. */
async function imagesOf(augment: object[], positions: number[], step?: number): Promise<number[][]> {
  const data = await openRunData(await store.localFolder(dataset.key), resolveOn(dataset, { ...job, augment }));
  try {
    const { images } = await data.train.read(positions, step);
    const bytes = images.length / positions.length;
    return positions.map((_, i) => [...images.subarray(i * bytes, (i + 1) * bytes)]);
  } finally {
    await data.close();
  }
}

async function withTrainSplit<Result>(use: (split: PackedSplit) => Promise<Result>): Promise<Result> {
  const packed = await openPacked(await store.localFolder(dataset.key));
  try {
    return await use(packed.split('train'));
  } finally {
    await packed.close();
  }
}

describe('images of many sizes with a leading random-resized-crop', () => {
  it('are decoded in the boxes that the augmentation draws for the step', async () => {
    const positions = [3, 0, 19, 7];
    const expected = await withTrainSplit(async (split) => {
      const sizes = positions.map((index): [number, number] => [split.sizes![2 * index]!, split.sizes![2 * index + 1]!]);
      const ranges = { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] } as const;
      const boxes = tf.tidy(() => {
        const { top, left, height, width } = drawBoxes({ rng: createRng(stepKey(7, 5)), site: 'decoding' }, sizes, ranges);
        return tf.stack([top, left, height, width], 1).arraySync();
      }) as unknown as number[][];
      const out = new Uint8Array(positions.length * 16 * 16 * 3);
      await split.read(positions, out, { height: 16, width: 16, boxes: Int32Array.from(boxes.flat()) });
      return out;
    });
    assert.deepEqual((await imagesOf(job.augment, positions, 5)).flat(), [...expected]);
  });

  it('are other parts at each step, and the same ones for the same step', async () => {
    const positions = [3, 0, 19, 7];
    const first = await imagesOf(job.augment, positions, 5);
    assert.deepEqual(await imagesOf(job.augment, positions, 5), first);
    assert.notDeepEqual(await imagesOf(job.augment, positions, 6), first);
  });

  it('are the middle in evaluation', async () => {
    const positions = [0, 10];
    const expected = await withTrainSplit(async (split) => {
      const out = new Uint8Array(positions.length * 16 * 16 * 3);
      const boxes = positions.flatMap((index) => {
        const [height, width] = [split.sizes![2 * index]!, split.sizes![2 * index + 1]!];
        const boxWidth = Math.min(width, Math.round((height * 4) / 3));
        const boxHeight = Math.min(height, Math.round((width * 4) / 3));
        return [Math.floor((height - boxHeight) / 2), Math.floor((width - boxWidth) / 2), boxHeight, boxWidth];
      });
      await split.read(positions, out, { height: 16, width: 16, boxes: Int32Array.from(boxes) });
      return out;
    });
    assert.deepEqual((await imagesOf(job.augment, positions)).flat(), [...expected]);
  });

  it('are stretched whole where the first augmentation is a resize', async () => {
    const expected = await withTrainSplit(async (split) => {
      const out = new Uint8Array(10 * 12 * 3);
      await split.read([4], out, { height: 10, width: 12 });
      return out;
    });
    assert.deepEqual(await imagesOf([{ type: 'resize', size: [10, 12] }], [4], 3), [[...expected]]);
  });

  it('train to the same bits when the run is drained and resumed', async (t) => {
    const run = createRun(store, dataset, resolveOn(dataset, job));
    const unbroken = await attempt(store, run);
    assert.equal(unbroken.outcome.type, 'succeeded', JSON.stringify(unbroken.outcome));
    hurryClock(t);
    const drained = await attempt(store, run, {
      reason: 'drain',
      at: (report) => report.type === 'progress' && report.progress.step === 4,
    });
    const resumed = await attempt(store, nextAttempt(run, drained.reports));
    assert.equal(modelHash(resumed.reports), modelHash(unbroken.reports));
  });
});

describe('images of many sizes', () => {
  it('are refused where nothing says what size they are to have', () => {
    assert.throws(() => resolveOn(dataset, { ...job, augment: [{ type: 'random-horizontal-flip' }] }), {
      code: 'shapeMismatch',
      message: /differ in size: put/,
    });
  });

  it('are refused to a method that would look at the same part of each several times', () => {
    assert.throws(() => resolveOn(dataset, { ...job, method: { type: 'simclr' } }), {
      code: 'shapeMismatch',
      message: /simclr looks at each of them 2 times/,
    });
  });
});
