import type { Rng } from '@scion/engine/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { ImageShape } from '../models/define-backbone.ts';
import type { RegistryEntry } from '../registry.ts';
import type { LabelMix } from './label-mix.ts';
import type { ImageSize, RandomBoxes } from './random-box.ts';

/** Where an augmentation draws its random numbers. */
export type Draw = { rng: Rng; site: string };

/**
 * What an augmentation has to do with the range of the pixels: it works on any (`any`), on images in [0, 1] only and keeps them
 * there (`unit`), or takes them out of it (`leavesUnit`).
 */
export type ValueRange = 'any' | 'unit' | 'leavesUnit';

/** Where a part of an image lies, in pixels. */
export type PartOfImage = { top: number; left: number; height: number; width: number };

/** A step that takes a part of each image, or all of it, and brings it to one size. */
export type Decoding = {
  /** [height, width] */
  size: readonly [number, number];
  /** The parts in training; left out: all of each image. */
  trainBoxes?: (sizes: readonly ImageSize[], draw: Draw) => RandomBoxes;
  /** The part in evaluation and prediction; left out: all of the image. */
  evaluateBox?: (image: ImageSize) => PartOfImage;
};

/** A step from decoded images, float32 in [0, 1], [batch, height, width, channel], to what the network sees. */
export type Augmentation = {
  range: ValueRange;
  /** The shape that comes out. Throws ScionError `shapeMismatch` where the input does not fit. */
  outputShape(shape: ImageShape): ImageShape;
  /** In training. */
  train(images: tf.Tensor4D, draw: Draw): tf.Tensor4D;
  /** In evaluation and prediction: the part that is not random. */
  evaluate(images: tf.Tensor4D): tf.Tensor4D;
  /** What a decoder has to do to spare the step, where it comes first and images differ in size. */
  decoding?: Decoding;
  /** In training, in place of `train`, where images of a batch are mixed with one another, and so are their labels. */
  mix?: (images: tf.Tensor4D, draw: Draw) => { images: tf.Tensor4D; mix: LabelMix };
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
  const unchanged: Augmentation = {
    range: 'any',
    outputShape: (shape) => shape,
    train: (images) => images,
    evaluate: (images) => images,
  };
  return {
    ...declaration,
    create: (config: unknown): Augmentation => ({ ...unchanged, ...declaration.create(declaration.config.parse(config)) }),
  };
}
