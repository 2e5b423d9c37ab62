import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import * as tf from '@tensorflow/tfjs-core';
import { forwardOf, waveImages, waveTensors } from '../wave-parameters.fixture.ts';
import type { BackboneEntry } from './define-backbone.ts';
import { backbones } from './index.ts';

const side = 16;

/** Settings with layers that the smallest variants have none of. */
const variants: { id: string; settings: object }[] = [
  { id: 'resnet18', settings: { norm: 'group' } },
  { id: 'resnet50', settings: { stem: 'imagenet' } },
  { id: 'convnext', settings: { size: 'tiny', patch: 1 } },
  { id: 'vit-tiny', settings: { pool: 'mean' } },
];

const entries: readonly BackboneEntry[] = backbones;
const cases = [...entries.map(({ id }) => ({ id, settings: {} })), ...variants];

describe('the gradient of the features', () => {
  before(() => openDevice());

  for (const { id, settings } of cases) {
    it(`reaches every trainable parameter of ${[id, ...Object.values(settings)].join(', ')}`, () => {
      const { tiny, create } = entries.find((entry) => entry.id === id)!;
      const backbone = create({ type: id, ...tiny, ...settings }, [side, side, 3]);
      const tensors = waveTensors(backbone);
      const trainable = backbone.parameters.filter(({ role }) => role !== 'statistic').map(({ name }) => name);
      const gradient = tf.grads((...values: tf.Tensor[]) => {
        const given = new Map([...tensors, ...trainable.map((name, i) => [name, values[i]!] as const)]);
        const features = backbone.features(forwardOf(given, { training: true }), waveImages(4, side));
        return tf.sum(tf.mul(features, tf.sin(tf.reshape(tf.range(0, features.size), features.shape))));
      });
      const gradients = gradient(trainable.map((name) => tensors.get(name)!));
      for (const [index, name] of trainable.entries()) {
        const largest = tf.max(tf.abs(gradients[index]!)).dataSync()[0]!;
        assert.ok(Number.isFinite(largest) && largest > 1e-7, `the largest of ${name} is ${largest}`);
      }
      tf.dispose([...gradients, ...tensors.values()]);
    });
  }
});
