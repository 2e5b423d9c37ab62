import type * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { Forward, ParameterSpec } from '../parameters.ts';
import type { RegistryEntry } from '../registry.ts';

/** [height, width, channel] */
export type ImageShape = readonly [number, number, number];

/** A transferable feature extractor: pure functions over named parameters, which others hold. */
export type Backbone = {
  parameters: readonly ParameterSpec[];
  featureCount: number;
  /** images [batch, height, width, channel] → features [batch, featureCount] */
  features(forward: Forward, images: tf.Tensor4D): tf.Tensor2D;
};

export type BackboneEntry = RegistryEntry & {
  /** Settings that make the smallest network of this kind, for tests of all kinds. */
  readonly tiny?: Readonly<Record<string, unknown>>;
  create(config: unknown, inputShape: ImageShape): Backbone;
};

type Config<Id extends string> = z.ZodObject<{ type: z.ZodLiteral<Id> } & z.core.$ZodLooseShape>;

/** Declares a backbone. `create` throws ScionError `shapeMismatch` for an input shape that it cannot take. */
export function defineBackbone<Id extends string, C extends Config<Id>>(declaration: {
  id: Id;
  summary: string;
  paper?: string;
  config: C;
  tiny?: Omit<z.input<C>, 'type'>;
  create(config: z.output<C>, inputShape: ImageShape): Backbone;
}) {
  return {
    ...declaration,
    create: (config: unknown, inputShape: ImageShape) => declaration.create(declaration.config.parse(config), inputShape),
  };
}
