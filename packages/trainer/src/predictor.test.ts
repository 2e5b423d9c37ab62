import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { ParameterSource } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { classPrediction } from './class-prediction.fixture.ts';
import { createPredictor, PredictInputError, type Predictor } from './predictor.ts';
import { packTinyDataset, tinyImages } from './tiny-dataset.fixture.ts';
import { attempt, createRun, openTemporaryStore, reportsOf, resolveOn } from './training.fixture.ts';

const { store } = await openTemporaryStore();
const side = 8;
const testImages = { count: 12, side, channels: 1, classes: 4 } as const;

type Trained = { source: ParameterSource; checkpoint: ParameterSource; testAccuracy: number };

/** A model that tells the tiny classes apart. */
async function trainTiny(seed: number): Promise<Trained> {
  const dataset = await packTinyDataset(store, { train: 40, test: testImages.count });
  const spec = resolveOn(dataset, {
    kind: 'pretrain',
    backbone: { type: 'convnet-small' },
    method: { type: 'supervised' },
    training: { epochs: 6, batchSize: 10, seed, optimizer: { type: 'adam', learningRate: 0.01 } },
    augment: [{ type: 'normalize', mean: [0.3], std: [0.3] }],
  });
  const { reports, outcome } = await attempt(store, createRun(store, dataset, spec));
  assert.ok(outcome.type === 'succeeded');
  const place = ({ id, key }: ParameterSource): ParameterSource => ({ id, key });
  return {
    source: place(reportsOf(reports, 'model')[0]!),
    checkpoint: place(reportsOf(reports, 'checkpoint').at(-1)!),
    testAccuracy: outcome.metrics['test/accuracy']!,
  };
}

/** The test split's images as PNG files, and their labels. */
async function encodedTestImages(): Promise<{ images: Buffer[]; labels: string[] }> {
  const { pixels, labels } = tinyImages(testImages, 't10k');
  const size = side * side;
  const raw = { width: side, height: side, channels: 1 } as const;
  const images = await Promise.all(
    Array.from({ length: testImages.count }, (_, i) =>
      sharp(pixels.subarray(i * size, (i + 1) * size), { raw })
        .png()
        .toBuffer(),
    ),
  );
  return { images, labels: [...labels].map(String) };
}

let first: Trained;
let second: Trained;
let images: Buffer[];
let labels: string[];
let predictor: Predictor;

before(async () => {
  first = await trainTiny(1);
  second = await trainTiny(2);
  ({ images, labels } = await encodedTestImages());
  predictor = await createPredictor(store);
});

const predict = async (...args: Parameters<Predictor['predict']>) => (await predictor.predict(...args)).map(classPrediction);

describe('createPredictor', () => {
  it('is right as often as the evaluation in training was', async () => {
    const predictions = await predict(first.source, images, 4);
    const hits = predictions.filter(({ label }, i) => label === labels[i]).length;
    assert.equal(hits / images.length, first.testAccuracy);
    assert.ok(hits / images.length > 0.7, `${hits} of ${images.length}`);
  });

  it('gives scores of all classes that sum to 1, the best first', async () => {
    for (const { label, score, top } of await predict(first.source, images, 10)) {
      assert.deepEqual(top[0], { label, score });
      assert.deepEqual(top.map((entry) => entry.label).sort(), ['0', '1', '2', '3']);
      assert.ok(Math.abs(top.reduce((sum, entry) => sum + entry.score, 0) - 1) < 1e-5);
      assert.ok(top.every((entry, i) => i === 0 || entry.score <= top[i - 1]!.score));
    }
  });

  it('gives as many of the best as are asked for', async () => {
    const [prediction] = await predict(first.source, images.slice(0, 1), 2);
    assert.equal(prediction?.top.length, 2);
  });

  it('keeps the order of more images than it takes at once', async () => {
    const many = Array.from({ length: 150 }, (_, i) => images[(i * 5) % images.length]!);
    const together = await predict(first.source, many, 1);
    const one = new Map(
      await Promise.all(images.map(async (image) => [image, (await predict(first.source, [image], 1))[0]!] as const)),
    );
    for (const [i, { label, score }] of together.entries()) {
      const alone = one.get(many[i]!);
      assert.equal(label, alone?.label, `image ${i}`);
      assert.ok(Math.abs(score - alone!.score) < 1e-5, `image ${i}`);
    }
  });

  it('predicts with a checkpoint as with the model', async () => {
    const [model, checkpoint] = await Promise.all(
      [first.source, first.checkpoint].map((source) => predictor.predict(source, images, 4)),
    );
    assert.deepEqual(checkpoint, model);
  });

  it('brings images of another size and with colours to what the network takes', async () => {
    const large = await sharp(images[1]!)
      .resize(40, 40, { kernel: 'nearest' })
      .toColourspace('srgb')
      .jpeg({ quality: 100 })
      .toBuffer();
    const [prediction] = await predict(first.source, [large], 1);
    const [original] = await predict(first.source, [images[1]!], 1);
    assert.equal(prediction?.label, original?.label);
  });

  it('names the first image that cannot be decoded by its place', async () => {
    const broken = Array.from({ length: 100 }, (_, i) => (i === 70 ? Buffer.from('no image') : images[0]!));
    await assert.rejects(predictor.predict(first.source, broken, 1), (error) => {
      assert.ok(error instanceof PredictInputError);
      assert.equal(error.index, 70);
      assert.equal(error.code, 'inputInvalid');
      assert.equal(error.details[0]?.path, 'inputs.70.image');
      return true;
    });
  });

  it('says that a model is not there', async () => {
    await assert.rejects(predictor.predict({ ...first.source, key: 'models/none' }, images, 1), { code: 'checkpointCorrupt' });
  });

  it('serves more models at once than it keeps, and lets their memory go', async () => {
    const small = await createPredictor(store, { keep: 1 });
    const alone = await Promise.all([first, second].map(({ source }) => predictor.predict(source, images, 4)));
    const tensors = tf.memory().numTensors;
    const many = Array.from({ length: 200 }, (_, i) => images[i % images.length]!);
    const together = await Promise.all([first, second, first].map(({ source }) => small.predict(source, many, 4)));
    for (const [i, predictions] of together.entries()) {
      assert.deepEqual(
        predictions.slice(0, images.length).map((one) => classPrediction(one).label),
        alone[i % 2]?.map((one) => classPrediction(one).label),
      );
    }
    const perModel = 17; // of convnet-small with its head
    assert.equal(tf.memory().numTensors, tensors + perModel);
  });
});
