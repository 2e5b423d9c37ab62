import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openDevice } from '@scion/engine';
import { computeValues } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { fileShape, fromFile } from '../artifact/file-layout.ts';
import type { NamedArray } from '../artifact/safetensors.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { withTensorFile } from '../import/tensor-file.ts';
import { forwardOf } from '../wave-parameters.fixture.ts';
import { efficientnetLite0 } from './efficientnet-lite.ts';
import { fromEfficientnetLitePytorch } from './efficientnet-lite-names.ts';

const path = fileURLToPath(
  new URL('../../../../../shared/data/pretrained/efficientnet_lite0/efficientnet_lite0.safetensors', import.meta.url),
);
const side = 224;

async function readWeights(): Promise<Map<string, NamedArray>> {
  return await withTensorFile(path, { entry: null }, async ({ tensors }) => {
    const arrays = tensors.map(async ({ name, shape, read }) => ({
      name: fromEfficientnetLitePytorch(name),
      shape,
      data: await read(),
    }));
    return new Map((await Promise.all(arrays)).map((array) => [array.name, array]));
  });
}

describe("EfficientNet-Lite0 with ImageNet's weights", { skip: !existsSync(path) && `${path} is not there` }, () => {
  before(async () => {
    await openDevice({ choice: 'auto' });
  });

  it('has every tensor of the file, in its shape', async () => {
    const { parameters } = efficientnetLite0.create({ type: 'efficientnet-lite0', padding: 'same' }, [side, side, 3]);
    const stored = [...(await readWeights()).values()].filter(({ name }) => !/^_fc|num_batches_tracked$/.test(name));
    assert.deepEqual(
      new Map(parameters.map((spec) => [spec.name, [...fileShape(spec)]])),
      new Map(stored.map(({ name, shape }) => [name, shape])),
    );
  });

  it("gives timm's class scores", async () => {
    const { features, parameters } = efficientnetLite0.create({ type: 'efficientnet-lite0', padding: 'same' }, [side, side, 3]);
    const stored = await readWeights();
    const dataOf = (name: string) => stored.get(name) ?? assert.fail(name);
    const scores = computeValues(() => {
      const tensors = new Map(
        parameters.map((spec) => [spec.name, tf.tensor(fromFile(spec, dataOf(spec.name)), [...spec.shape])] as const),
      );
      const weight = tf.tensor2d(dataOf('_fc.weight').data, [1000, 1280]);
      const given = features(forwardOf(tensors, { training: false }), gradient());
      return tf.add(tf.matMul(given, weight, false, true), tf.tensor1d(dataOf('_fc.bias').data));
    });
    const ranked = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0)).slice(0, 5);
    assert.deepEqual(ranked, expected.classes);
    assertCloseTo(
      ranked.map((index) => scores[index] ?? Number.NaN),
      expected.scores,
      1e-3,
    );
  });
});

/** A smooth picture in [-1, 1] [1, side, side, 3], of the same formula as in torch-reference.fixture.py. */
function gradient(): tf.Tensor4D {
  const values = Array.from({ length: side * side * 3 }, (_, i) => {
    const [row, column, channel] = [Math.floor(i / (side * 3)), Math.floor(i / 3) % side, i % 3];
    return Math.sin((row * (channel + 1)) / 20) * Math.cos(column / (15 + channel));
  });
  return tf.tensor4d(values, [1, side, side, 3]);
}

/** The five largest of timm's `tf_efficientnet_lite0` with the same weights. */
const expected = { classes: [800, 911, 741, 906, 772], scores: [6.18513, 5.87774, 5.75079, 5.66587, 5.60186] };
