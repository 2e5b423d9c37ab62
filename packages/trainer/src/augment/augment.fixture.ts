import { createRng, philoxUniform, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Augmentation } from './define-augmentation.ts';

/** Images of random pixels: `at` reads one, 0 outside, as a slow reference needs. */
export type Images = {
  shape: [number, number, number, number];
  values: Float32Array;
  at(image: number, row: number, column: number, channel: number): number;
};

export function randomImages(batch: number, height: number, width: number, channels: number): Images {
  const values = philoxUniform(batch * height * width * channels, 4, 2);
  return {
    shape: [batch, height, width, channels],
    values,
    at(image, row, column, channel) {
      if (row < 0 || row >= height || column < 0 || column >= width) return 0;
      return values[((image * height + row) * width + column) * channels + channel] ?? 0;
    },
  };
}

export type Augmented = { shape: number[]; values: number[] };

/** What an augmentation makes of images in a training step. */
export function trainOn(augmentation: Augmentation, { shape, values }: Images, { seed = 0, step = 0 } = {}): Augmented {
  return read(() => augmentation.train(tf.tensor4d(values, shape), { rng: createRng(stepKey(seed, step)), site: 'test' }));
}

/** What an augmentation that mixes images makes of them, and the weights of their own labels. */
export function mixOn(augmentation: Augmentation, images: Images, key: { seed?: number; step?: number } = {}) {
  const mixed = (part: 'images' | 'weight') =>
    read(() => {
      const rng = createRng(stepKey(key.seed ?? 0, key.step ?? 0));
      const result = augmentation.mix?.(tf.tensor4d(images.values, images.shape), { rng, site: 'test' });
      if (!result) throw new Error('The augmentation mixes nothing');
      return part === 'images' ? result.images : result.mix.weight;
    });
  return { ...mixed('images'), weights: mixed('weight').values };
}

/** What it makes of them in evaluation. */
export function evaluateOn(augmentation: Augmentation, { shape, values }: Images): Augmented {
  return read(() => augmentation.evaluate(tf.tensor4d(values, shape)));
}

/** The random numbers that the augmentation draws at a part of its site, one for each image. */
export function drawn(part: string, count: number, { seed = 0, step = 0 } = {}): number[] {
  return read(() => createRng(stepKey(seed, step)).uniform(`test${part}`, [count])).values;
}

/** All pixels of images of a shape, given by a rule. */
export function pixelsOf(
  [batch, height, width, channels]: readonly [number, number, number, number],
  pixel: (image: number, row: number, column: number, channel: number) => number,
): number[] {
  const values: number[] = [];
  for (let image = 0; image < batch; image++)
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++)
        for (let channel = 0; channel < channels; channel++) values.push(pixel(image, row, column, channel));
  return values;
}

function read(compute: () => tf.Tensor): Augmented {
  return tf.tidy(() => {
    const result = compute();
    return { shape: [...result.shape], values: [...result.dataSync()] };
  }) as unknown as Augmented;
}
