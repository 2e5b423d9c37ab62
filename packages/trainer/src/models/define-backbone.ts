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
  /** images → maps [batch, height', width', channel'] by the name of the stage that gives them, finest first; left out where there are none. */
  featureMaps?(forward: Forward, images: tf.Tensor4D): Record<string, tf.Tensor4D>;
  /** Left out where images are not cut into patches. */
  tokens?: PatchTokens;
};

/** The two halves of a backbone of patches, for methods that show it some of them only (He et al., Masked autoencoders, 2022). */
export type PatchTokens = {
  /** Side of a patch in pixels. */
  patchSize: number;
  /** Patches of an image: [rows, columns], counted row by row in `embed`. */
  gridSize: readonly [number, number];
  width: number;
  /** images → [batch, patch, width], positions added, without class token */
  embed(forward: Forward, images: tf.Tensor4D): tf.Tensor3D;
  /** Any of the embedded patches [batch, k, width] → [batch, k, width] after all blocks and the last normalisation. */
  encode(forward: Forward, tokens: tf.Tensor3D): tf.Tensor3D;
};

export type TokenBackbone = Backbone & { tokens: PatchTokens };

export type BackboneEntry = RegistryEntry & {
  /** Settings that make the smallest network of this kind, for tests of all kinds. */
  readonly tiny?: Readonly<Record<string, unknown>>;
  /** The name here of a tensor that other publishers of its weights call otherwise. Names that it does not know come back as they are. */
  translateName?(name: string): string;
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
  translateName?(name: string): string;
  create(config: z.output<C>, inputShape: ImageShape): Backbone;
}) {
  return {
    ...declaration,
    create: (config: unknown, inputShape: ImageShape) => declaration.create(declaration.config.parse(config), inputShape),
  };
}
