import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { computeValues } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../close-to.fixture.ts';
import { forwardOf, waveImages, waveTensors } from '../wave-parameters.fixture.ts';
import type { BackboneEntry } from './define-backbone.ts';
import { backbones } from './index.ts';
import { globalAveragePool } from './layers.ts';

const side = 32;
const entries: readonly BackboneEntry[] = backbones;

/** Stages of the smallest variant of each backbone, and the side of their maps for images of 32×32. */
const expected: Record<string, Record<string, number>> = {
  'reference-net': { conv2: 16 },
  'convnet-small': { conv1: 16, conv2: 8, conv3: 4 },
  'resnet18-small': { stem: 32, layer1: 32, layer2: 16, layer3: 8, layer4: 4 },
  resnet18: { stem: 32, layer1: 32, layer2: 16, layer3: 8, layer4: 4 },
  resnet34: { stem: 32, layer1: 32, layer2: 16, layer3: 8, layer4: 4 },
  resnet50: { stem: 32, layer1: 32, layer2: 16, layer3: 8, layer4: 4 },
  'wide-resnet': { conv1: 32, block1: 32, block2: 16, block3: 8, bn1: 8 },
  'mobilenet-v2': {
    'features.0': 16,
    'features.1': 16,
    'features.2': 8,
    'features.3': 4,
    'features.4': 2,
    'features.5': 2,
    'features.6': 1,
    'features.7': 1,
    'features.8': 1,
  },
  'efficientnet-lite0': {
    conv_stem: 16,
    'blocks.0': 16,
    'blocks.1': 8,
    'blocks.2': 4,
    'blocks.3': 2,
    'blocks.4': 2,
    'blocks.5': 1,
    'blocks.6': 1,
    conv_head: 1,
  },
  convnext: { stem: 8, 'stages.0': 8, 'stages.1': 4, 'stages.2': 2, 'stages.3': 1 },
  'vit-tiny': { 'blocks.1': 8 },
  'vit-small': { 'blocks.0': 8 },
};

/** Their features are more than a mean over the last map. */
const more = ['reference-net', 'convnext', 'vit-tiny', 'vit-small'];

describe('feature maps', () => {
  before(() => openDevice());

  it('are there for every backbone that makes any', () => {
    const withMaps = entries.filter(({ id, tiny, create }) => create({ type: id, ...tiny }, [side, side, 3]).featureMaps);
    assert.deepEqual(
      withMaps.map(({ id }) => id),
      Object.keys(expected),
    );
  });

  for (const { id, tiny, create } of entries.filter((entry) => entry.id in expected)) {
    it(`of ${id} have their stage's name and size, the last with the features' channels`, () => {
      const backbone = create({ type: id, ...tiny }, [side, side, 3]);
      const { maps, features } = tf.tidy(() => {
        const forward = forwardOf(waveTensors(backbone), { training: false });
        const images = waveImages(2, side);
        return { maps: backbone.featureMaps?.(forward, images) ?? {}, features: backbone.features(forward, images) };
      });
      assert.deepEqual(Object.fromEntries(Object.entries(maps).map(([name, map]) => [name, map.shape[1]])), expected[id]);
      for (const { shape } of Object.values(maps)) assert.deepEqual([shape[0], shape[1]], [2, shape[2]]);
      const last = Object.values(maps).at(-1)!;
      if (!more.includes(id)) assertCloseTo([...computeValues(() => globalAveragePool(last))], [...features.dataSync()], 1e-6);
      tf.dispose([maps, features]);
    });
  }
});
