import type { Rng } from '@scion/engine/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { atPath } from '../at-path.ts';
import type { ImageShape } from '../models/define-backbone.ts';
import { entryOf } from '../registry.ts';
import { augmentations } from './index.ts';

export type AugmentationConfig = { type: string };

/** A list of augmentations as one: images [batch, height, width, channel] in [0, 1] → what the network sees. */
export type Pipeline = {
  /** Throws ScionError `shapeMismatch` naming the step (`augment.2`) that its input does not fit. */
  outputShape(shape: ImageShape): ImageShape;
  train(images: tf.Tensor4D, rng: Rng): tf.Tensor4D;
  evaluate(images: tf.Tensor4D): tf.Tensor4D;
};

export function createPipeline(configs: readonly AugmentationConfig[]): Pipeline {
  const steps = configs.map((config, index) => ({
    site: `augment/${index}/${config.type}`,
    step: entryOf(augmentations, config.type).create(config),
  }));
  return {
    outputShape: (shape) =>
      steps.reduce((current, { step }, index) => atPath(`augment.${index}`, () => step.outputShape(current)), shape),
    train: (images, rng) => steps.reduce((current, { site, step }) => step.train(current, { rng, site }), images),
    evaluate: (images) => steps.reduce((current, { step }) => step.evaluate(current), images),
  };
}
