import type { Rng } from '@scion/engine/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { ImageShape } from '../models/define-backbone.ts';
import type { RegistryEntry } from '../registry.ts';

/** Where an augmentation draws its random numbers. */
export type Draw = { rng: Rng; site: string };

/** A step from decoded images, float32 in [0, 1], [batch, height, width, channel], to what the network sees. */
export type Augmentation = {
  /** The shape that comes out. Throws ScionError `shapeMismatch` where the input does not fit. */
  outputShape(shape: ImageShape): ImageShape;
  /** In training. */
  train(images: tf.Tensor4D, draw: Draw): tf.Tensor4D;
  /** In evaluation and prediction: the part that is not random. */
  evaluate(images: tf.Tensor4D): tf.Tensor4D;
};

export type AugmentationEntry = RegistryEntry & { create(config: unknown): Augmentation };

type Config<Id extends string> = z.ZodObject<{ type: z.ZodLiteral<Id> } & z.core.$ZodLooseShape>;

/** Declares an augmentation; parts left out pass images (and their shape) through. */
export function defineAugmentation<Id extends string, C extends Config<Id>>(declaration: {
  id: Id;
  summary: string;
  paper?: string;
  config: C;
  create(config: z.output<C>): Partial<Augmentation>;
}) {
  const unchanged: Augmentation = { outputShape: (shape) => shape, train: (images) => images, evaluate: (images) => images };
  return {
    ...declaration,
    create: (config: unknown): Augmentation => ({ ...unchanged, ...declaration.create(declaration.config.parse(config)) }),
  };
}
