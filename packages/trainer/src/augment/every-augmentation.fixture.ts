import { createRng, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { randomImages } from './augment.fixture.ts';
import type { Augmentation } from './define-augmentation.ts';
import { augmentations } from './index.ts';

/** Settings that make an augmentation do something to most images; those it needs, and those whose default does too little. */
const settings: Record<string, Record<string, unknown>> = {
  resize: { size: [9, 7] },
  'random-crop': { size: 6, padding: 2 },
  'random-resized-crop': { size: [6, 7] },
  'random-affine': { degrees: 30, translate: 0.2, scale: [0.8, 1.3], shear: 10 },
  'color-jitter': { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, probability: 0.8 },
  'random-grayscale': { probability: 0.5 },
  // One only: the second rounds computed values to bytes, where the last bit may decide.
  'rand-augment': { operations: 1 },
  normalize: { mean: [0.4], std: [0.3] },
  mixup: { alpha: 1 },
};

/** Every augmentation of the registry, by id. */
export const everyAugmentation: readonly { id: string; augmentation: Augmentation }[] = augmentations.map((entry) => ({
  id: entry.id,
  augmentation: entry.create({ type: entry.id, ...settings[entry.id] }),
}));

export type Batch = { count: number; channels: 1 | 3 };

/** Square, since one of them turns; of bytes, as decoded images are. */
export const side = 8;

/** Random bytes 0 … 255, [count, side, side, channels]. */
export function bytesOf({ count, channels }: Batch): Uint8Array {
  return Uint8Array.from(randomImages(count, side, side, channels).values, (value) => Math.floor(256 * value));
}

/** What an augmentation makes of bytes in a step: the images, and the weights of labels where it mixes them. */
export function augment(augmentation: Augmentation, bytes: tf.Tensor4D, key: tf.Tensor1D): Record<string, tf.Tensor> {
  const images = tf.div(tf.cast(bytes, 'float32'), 255) as tf.Tensor4D;
  const draw = { rng: createRng(key), site: 'test' };
  if (!augmentation.mix) return { images: augmentation.train(images, draw) };
  const mixed = augmentation.mix(images, draw);
  return { images: mixed.images, weights: mixed.mix.weight };
}

/** The same as numbers, run op by op on the open device. */
export function augmentEagerly(augmentation: Augmentation, batch: Batch, step: number): Record<string, number[]> {
  const values: Record<string, number[]> = {};
  tf.tidy(() => {
    const bytes = tf.tensor4d(bytesOf(batch), [batch.count, side, side, batch.channels], 'int32');
    for (const [name, tensor] of Object.entries(augment(augmentation, bytes, stepKey(3, step)))) {
      values[name] = [...tensor.dataSync()];
    }
  });
  return values;
}
