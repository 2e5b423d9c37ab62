import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { computeValues, createRng, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../close-to.fixture.ts';
import { type Forward, initialValues } from '../parameters.ts';
import { forwardOf, waveImages, waveTensors } from '../wave-parameters.fixture.ts';
import type { PatchTokens } from './define-backbone.ts';
import { vitTiny } from './vision-transformer.ts';

const side = 8;

/** Features of four images with drop-path at `rate`, in the given step. */
function featuresWith(rate: number, { training, step }: { training: boolean; step: number }): Float32Array {
  const { parameters, features } = vitTiny.create({ type: 'vit-tiny', depth: 3, dropPath: rate }, [side, side, 3]);
  return computeValues(() => {
    const tensors = new Map(parameters.map((spec) => [spec.name, tf.tensor(initialValues(spec, 1), [...spec.shape])]));
    const forward: Forward = {
      parameter: (name) => tensors.get(name) ?? assert.fail(name),
      training,
      rng: createRng(stepKey(0, step)),
      updateStatistic: () => undefined,
    };
    return features(forward, createRng(stepKey(5, 5)).normal('images', [4, side, side, 3]) as tf.Tensor4D);
  });
}

describe('drop-path of the vision transformer', () => {
  before(async () => {
    await openDevice({ choice: 'auto' });
  });

  it('changes what training computes, from step to step', () => {
    const first = featuresWith(0.5, { training: true, step: 0 });
    assert.notDeepEqual(first, featuresWith(0, { training: true, step: 0 }));
    assert.notDeepEqual(first, featuresWith(0.5, { training: true, step: 1 }));
    assert.deepEqual(first, featuresWith(0.5, { training: true, step: 0 }));
  });

  it('leaves evaluation alone', () => {
    assert.deepEqual(featuresWith(0.5, { training: false, step: 0 }), featuresWith(0, { training: false, step: 0 }));
  });
});

describe('tokens of the vision transformer', () => {
  const backbone = vitTiny.create({ type: 'vit-tiny', depth: 2 }, [16, 16, 3]);
  const pass = (use: (tokens: PatchTokens, forward: Forward) => tf.Tensor) =>
    computeValues(() => {
      assert.ok(backbone.tokens);
      return use(backbone.tokens, forwardOf(waveTensors(backbone), { training: false }));
    });
  before(() => openDevice());

  it("are timm's after the last normalisation", () => {
    const values = pass(({ embed, encode }, forward) => {
      const after = encode(forward, embed(forward, waveImages(4, 16)));
      assert.deepEqual(after.shape, [4, 16, 192]);
      return tf.concat(
        [0, 3].flatMap((image) => [0, 15].map((token) => tf.reshape(tf.slice(after, [image, token, 0], [1, 1, 4]), [4]))),
      );
    });
    assertCloseTo([...values], timmTokens, 1e-4);
  });

  it('know where they come from, whatever the order or number that they are encoded in', () => {
    const order = [7, 0, 12, 3];
    const of = (chosen: number[]) =>
      pass(({ embed, encode }, forward) => encode(forward, tf.gather(embed(forward, waveImages(2, 16)), chosen, 1)));
    const [one, other] = [of(order), of([...order].reverse())];
    const width = 192;
    const token = (values: Float32Array, place: number) => [...values.subarray(place * width, (place + 1) * width)];
    for (const place of order.keys()) assertCloseTo(token(other, order.length - 1 - place), token(one, place), 1e-5);
  });

  it('are the grid of patches, row by row', () => {
    assert.deepEqual([backbone.tokens?.gridSize, backbone.tokens?.patchSize, backbone.tokens?.width], [[4, 4], 4, 192]);
    const changed = pass(({ embed }, forward) => {
      const images = waveImages(1, 16);
      const corner = tf.pad(tf.ones([1, 4, 4, 3]), [
        [0, 0],
        [4, 8],
        [8, 4],
        [0, 0],
      ]);
      return tf.max(tf.abs(tf.sub(embed(forward, tf.add(images, corner) as tf.Tensor4D), embed(forward, images))), 2);
    });
    assert.deepEqual(
      [...changed.keys()].filter((patch) => changed[patch]! > 1e-3),
      [1 * 4 + 2],
    );
  });
});

/** Tokens 0 and 15 of the first and the last of four images, features 0 to 3, as torch-reference.fixture.py prints them. */
const timmTokens = [
  -1.79062, 1.13217, 1.28498, -0.0657375, -0.81716, 1.53219, 0.799467, -0.115484, -0.390569, 1.19709, 0.991352, 0.259756,
  0.0150439, 1.46466, 1.35761, 0.323891,
];
