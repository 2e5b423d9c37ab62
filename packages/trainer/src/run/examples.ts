import { openPacked, type PackedDataset, type PackedSplit, selectLabels } from '@scion/data';
import { ScionError } from '@scion/schema';
import { evenlySpaced } from '../evenly-spaced.ts';
import { evaluatesWithoutLabels, methodEntry } from '../methods/method-entry.ts';
import type { ResolvedSpec } from '../spec.ts';
import { createBatchBuffers } from './batch-buffers.ts';
import { decodingOf, type ImageDecoding, readDecoded } from './decoded-images.ts';
import { requireClasses } from './require-classes.ts';
import { storageBlocks } from './storage-blocks.ts';

/** Bytes of images [batch, height, width, channel] and their labels [batch], not yet tensors. */
export type ExampleBatch = { images: Uint8Array; labels: Int32Array };

/** Examples of one split, by position. */
export type ExampleSet = {
  length: number;
  /** See `storageBlocks`. */
  blocks: readonly number[] | null;
  /**
   * The examples at some positions. Where the first augmentation is done while images are decoded, it is that of a step of training, or,
   * without a step, that of evaluation. The memory of the images is used again by the fourth read after this one.
   */
  read(positions: ArrayLike<number>, step?: number): Promise<ExampleBatch>;
};

export type RunData = {
  classNames: readonly string[];
  /** [height, width, channel] of what `read` gives. */
  decodedShape: [number, number, number];
  /** Whether the first augmentation is done while images are decoded. */
  decodesFirst: boolean;
  train: ExampleSet;
  evaluate: ExampleSet | null;
  /** So many labelled examples of the training split, from all over it, or all where there are fewer. */
  reference(limit: number): ExampleSet;
  close(): Promise<void>;
};

/** Opens a spec's data: its training examples, and those to evaluate on. `memoryBytes` is what images may take that are kept in memory. */
export async function openRunData(folder: string, spec: ResolvedSpec, options: { memoryBytes?: number } = {}): Promise<RunData> {
  const packed = await openPacked(folder, options);
  try {
    if (methodEntry(spec).examples !== 'all') requireClasses(packed.report);
    const split = packed.split(spec.dataset.split);
    const { labels } = spec.dataset;
    const chosen = labels ? selectLabels(split.labels, split.classNames, labels) : labelled(split);
    const trained = methodEntry(spec).examples === 'all' ? Int32Array.from(split.labels.keys()) : chosen;
    const reading = { decoding: decodingOf(split, spec), seed: spec.training.seed };
    return {
      classNames: split.classNames,
      decodedShape: reading.decoding.shape,
      decodesFirst: reading.decoding.first !== null,
      train: exampleSet(split, trained, reading),
      evaluate: evaluationSet(packed, spec, reading),
      reference: (limit) =>
        exampleSet(
          split,
          evenlySpaced(chosen.length, limit).map((position) => chosen[position] ?? 0),
          reading,
        ),
      close: () => packed.close(),
    };
  } catch (error) {
    await packed.close();
    throw error;
  }
}

function labelled({ labels }: PackedSplit): Int32Array {
  return Int32Array.from(labels.keys()).filter((index) => (labels[index] ?? -1) >= 0);
}

/** Of a split without labels, so many examples are evaluated. */
const unlabelledEvaluated = 10_000;

/** The labelled examples of the split; where there is none and none is needed, others from all over it. */
function evaluationSet(packed: PackedDataset, spec: ResolvedSpec, reading: Reading): ExampleSet | null {
  if (!spec.evaluate) return null;
  const split = packed.split(spec.evaluate.split);
  const examples = labelled(split);
  if (examples.length > 0) return exampleSet(split, examples, reading);
  if (evaluatesWithoutLabels(spec)) return exampleSet(split, evenlySpaced(split.labels.length, unlabelledEvaluated), reading);
  throw new ScionError('specInvalid', `evaluate.split: no example of the split "${spec.evaluate.split}" has a label`);
}

type Reading = { decoding: ImageDecoding; seed: number };

function exampleSet(split: PackedSplit, examples: Int32Array, { decoding, seed }: Reading): ExampleSet {
  const [height, width, channels] = decoding.shape;
  const buffers = createBatchBuffers();
  return {
    length: examples.length,
    blocks: storageBlocks(split, examples),
    async read(positions, step) {
      const indices = Int32Array.from(positions, (position) => examples[position] ?? -1);
      const images = buffers.next(indices.length * height * width * channels);
      await readDecoded(split, { decoding, indices, out: images, key: step === undefined ? undefined : { seed, step } });
      return { images, labels: indices.map((index) => split.labels[index] ?? -1) };
    },
  };
}
