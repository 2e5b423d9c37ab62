import type { Rng } from '@scion/engine/ops';
import { type ErrorDetail, ScionError } from '@scion/schema';
import type * as tf from '@tensorflow/tfjs-core';
import { atPath } from '../at-path.ts';
import type { ImageShape } from '../models/define-backbone.ts';
import { entryOf } from '../registry.ts';
import type { Augmentation, Decoding } from './define-augmentation.ts';
import { augmentations } from './index.ts';
import type { LabelMix } from './label-mix.ts';

export type AugmentationConfig = Readonly<{ type: string } & Record<string, unknown>>;

/** A list of augmentations as one: images [batch, height, width, channel] in [0, 1] → what the network sees. */
export type Pipeline = {
  /** Throws ScionError `shapeMismatch` naming the step (`augment.2`) that its input does not fit. */
  outputShape(shape: ImageShape): ImageShape;
  /** `mixes` says how labels were mixed, in this order. */
  train(images: tf.Tensor4D, rng: Rng): { images: tf.Tensor4D; mixes: readonly LabelMix[] };
  evaluate(images: tf.Tensor4D): tf.Tensor4D;
  /** How the first step can be done while images are decoded; null where it cannot. */
  decoding: Decoding | null;
  /** The same without the first step, which was done while the images were decoded. The others draw the same random numbers. */
  afterDecoding(): Pipeline;
};

type Step = { type: string; site: string; step: Augmentation };

/** Throws ScionError `specInvalid` naming the step (`augment.2`) that stands where it cannot. */
export function createPipeline(configs: readonly AugmentationConfig[]): Pipeline {
  const steps = configs.map((config, index): Step => {
    const { type } = config;
    return { type, site: `augment/${index}/${type}`, step: entryOf(augmentations, type).create(config) };
  });
  for (const index of steps.keys()) atPath(`augment.${index}`, () => checkPlace(steps, index));
  return pipelineOf(steps, 0);
}

/** The steps from number `first` on. */
function pipelineOf(all: readonly Step[], first: number): Pipeline {
  const steps = all.slice(first);
  return {
    outputShape: (shape) =>
      steps.reduce((current, { step }, index) => atPath(`augment.${first + index}`, () => step.outputShape(current)), shape),
    train(images, rng) {
      const mixes: LabelMix[] = [];
      const augmented = steps.reduce((current, { site, step }) => {
        if (!step.mix) return step.train(current, { rng, site });
        const mixed = step.mix(current, { rng, site });
        mixes.push(mixed.mix);
        return mixed.images;
      }, images);
      return { images: augmented, mixes };
    },
    evaluate: (images) => steps.reduce((current, { step }) => step.evaluate(current), images),
    decoding: steps[0]?.step.decoding ?? null,
    afterDecoding: () => pipelineOf(all, first + 1),
  };
}

/** What is wrong with augmentations that mix labels under a method that does not take such labels. */
export function labelMixProblems(
  configs: readonly AugmentationConfig[],
  method: { id: string; takesMixedLabels: boolean },
): ErrorDetail[] {
  if (method.takesMixedLabels) return [];
  return configs.flatMap((config, index) => {
    const message = `${config.type} mixes the labels of a batch, which the method ${method.id} cannot train on`;
    return mixesLabels(config) ? [{ path: `augment.${index}`, message }] : [];
  });
}

/** Whether an augmentation mixes images of a batch, and so their labels. */
export function mixesLabels(config: AugmentationConfig): boolean {
  return entryOf(augmentations, config.type).create(config).mix !== undefined;
}

function checkPlace(steps: readonly Step[], index: number): void {
  const own = steps[index];
  if (own?.step.range === 'unit') {
    const left = steps.slice(0, index).findIndex(({ step }) => step.range === 'leavesUnit');
    if (left >= 0) {
      throw new ScionError(
        'specInvalid',
        `${own.type} needs images in [0, 1], but ${steps[left]?.type} (augment.${left}) takes them out of that range: put ${own.type} before it`,
      );
    }
  }
  const next = steps[index + 1];
  if (own?.step.mix && next && !next.step.mix) {
    throw new ScionError(
      'specInvalid',
      `${own.type} mixes labels, so it must be among the last steps, but ${next.type} follows it`,
    );
  }
}
