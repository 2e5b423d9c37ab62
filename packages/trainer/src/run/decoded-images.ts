import type { PackedSplit } from '@scion/data';
import { computeValues, createRng, stepKey } from '@scion/engine/ops';
import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import type { Decoding } from '../augment/define-augmentation.ts';
import { createPipeline } from '../augment/pipeline.ts';
import type { ImageSize } from '../augment/random-box.ts';
import type { ResolvedSpec } from '../spec.ts';

/** How the images of a run are decoded: to their own size, or, where they differ in size, as the first augmentation says. */
export type ImageDecoding = {
  /** [height, width, channel] of what comes out. */
  shape: [number, number, number];
  /** Null where images are of one size: all augmentations are still to be done. */
  first: Decoding | null;
};

export function decodingOf({ shape: [height, width, channels] }: PackedSplit, { augment }: ResolvedSpec): ImageDecoding {
  if (height !== null && width !== null) return { shape: [height, width, channels], first: null };
  const first = createPipeline(augment).decoding;
  if (first) return { shape: [...first.size, channels], first };
  throw new ScionError('shapeMismatch', 'augment: images differ in size, so "resize" or "random-resized-crop" must come first');
}

/**
 * Puts images of a split into `out`. In training, `key` says which random numbers choose the part of each that is decoded; without it
 * the part is that of evaluation.
 */
export async function readDecoded(
  split: PackedSplit,
  { decoding, indices, out, key }: { decoding: ImageDecoding; indices: Int32Array; out: Uint8Array; key?: RandomKey | undefined },
): Promise<void> {
  const [height, width] = decoding.shape;
  const boxes = decoding.first && boxesOf(decoding.first, sizesOf(split, indices), key);
  await split.read(indices, out, { height, width, boxes });
}

type RandomKey = { seed: number; step: number };

/** int32 [image, 4]: top, left, height, width; null for whole images. */
function boxesOf({ trainBoxes, evaluateBox }: Decoding, sizes: ImageSize[], key: RandomKey | undefined): Int32Array | null {
  if (key) {
    if (!trainBoxes) return null;
    const drawn = computeValues(() => {
      const rng = createRng(stepKey(key.seed, key.step));
      const { top, left, height, width } = trainBoxes(sizes, { rng, site: 'decoding' });
      return tf.stack([top, left, height, width], 1);
    });
    return Int32Array.from(drawn);
  }
  if (!evaluateBox) return null;
  return Int32Array.from(
    sizes.flatMap((size) => {
      const { top, left, height, width } = evaluateBox(size);
      return [top, left, height, width];
    }),
  );
}

/** A split whose images are of one size knows only that. */
function sizesOf({ sizes, shape: [height, width] }: PackedSplit, indices: Int32Array): ImageSize[] {
  return Array.from(indices, (index): ImageSize => [sizes?.[2 * index] ?? height ?? 0, sizes?.[2 * index + 1] ?? width ?? 0]);
}
