import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openDevice } from '@scion/engine';
import { createRng, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { fileShape, fromFile } from '../artifact/file-layout.ts';
import { decodeSafetensors, type NamedArray } from '../artifact/safetensors.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import type { Forward } from '../parameters.ts';
import { efficientnetLite0 } from './efficientnet-lite.ts';

const path = fileURLToPath(
  new URL('../../../../../shared/data/pretrained/efficientnet_lite0/efficientnet_lite0.safetensors', import.meta.url),
);
const side = 224;

/** The file's names for the parts of a block, and timm's. The first block does not expand, and counts its parts from there. */
const parts: Readonly<Record<string, string>> = {
  _expand_conv: 'conv_pw',
  _bn0: 'bn1',
  _depthwise_conv: 'conv_dw',
  _bn1: 'bn2',
  _project_conv: 'conv_pwl',
  _bn2: 'bn3',
};
const firstBlockParts: Readonly<Record<string, string>> = {
  _depthwise_conv: 'conv_dw',
  _bn1: 'bn1',
  _project_conv: 'conv_pw',
  _bn2: 'bn2',
};
const outer: Readonly<Record<string, string>> = { _conv_stem: 'conv_stem', _bn0: 'bn1', _conv_head: 'conv_head', _bn1: 'bn2' };
const blocksOfGroups = [1, 2, 2, 3, 3, 4, 1];

/** timm's name of a tensor that the file calls otherwise: `_blocks.3._bn0.weight` is `blocks.2.0.bn1.weight`. */
function timmName(name: string): string {
  const [, number, part = '', rest] = /^(?:_blocks\.(\d+)\.)?(\w+)\.(\w+)$/.exec(name) ?? [];
  if (number === undefined) return `${outer[part]}.${rest}`;
  const places = blocksOfGroups.flatMap((count, group) => Array.from({ length: count }, (_, index) => `${group}.${index}`));
  return `blocks.${places[Number(number)]}.${(number === '0' ? firstBlockParts : parts)[part]}.${rest}`;
}

function readWeights(): { backbone: Map<string, NamedArray>; classifier: NamedArray; bias: NamedArray } {
  const stored = decodeSafetensors(readFileSync(path));
  const [classifier, bias] = [stored.get('_fc.weight'), stored.get('_fc.bias')];
  if (!classifier || !bias) throw new Error('the file has no classifier');
  const named = [...stored].filter(([name]) => !name.startsWith('_fc.')).map(([name, array]) => [timmName(name), array] as const);
  return { backbone: new Map(named), classifier, bias };
}

describe("EfficientNet-Lite0 with ImageNet's weights", { skip: !existsSync(path) && `${path} is not there` }, () => {
  before(async () => {
    await openDevice({ choice: 'auto' });
  });

  it('has every tensor of the file, in its shape', () => {
    const { parameters } = efficientnetLite0.create({ type: 'efficientnet-lite0', padding: 'same' }, [side, side, 3]);
    const { backbone } = readWeights();
    assert.deepEqual(
      new Map(parameters.map((spec) => [spec.name, [...fileShape(spec)]])),
      new Map([...backbone].map(([name, { shape }]) => [name, shape])),
    );
  });

  it("gives timm's class scores", () => {
    const { features, parameters } = efficientnetLite0.create({ type: 'efficientnet-lite0', padding: 'same' }, [side, side, 3]);
    const { backbone, classifier, bias } = readWeights();
    const scores = tf.tidy(() => {
      const tensors = new Map(
        parameters.map((spec) => {
          const array = backbone.get(spec.name) ?? assert.fail(spec.name);
          return [spec.name, tf.tensor(fromFile(spec, array), [...spec.shape])] as const;
        }),
      );
      const forward: Forward = {
        parameter: (name) => tensors.get(name) ?? assert.fail(name),
        training: false,
        rng: createRng(stepKey(0, 0)),
        updateStatistic: () => undefined,
      };
      const weight = tf.tensor2d(classifier.data, [1000, 1280]);
      return tf.add(tf.matMul(features(forward, gradient()), weight, false, true), tf.tensor1d(bias.data)).dataSync();
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
