import { openPacked, type PackedDataset, type PackedFiles, type PackedSplit, type ReadAhead, selectLabels } from '@scion/data';
import { ScionError } from '@scion/schema';
import { evenlySpaced } from '../evenly-spaced.ts';
import { evaluatesWithoutLabels, methodEntry, unlabelledRows } from '../methods/method-entry.ts';
import type { ResolvedSpec } from '../spec.ts';
import { createTask, taskEntry } from '../tasks/index.ts';
import { createBatchBuffers } from './batch-buffers.ts';
import type { Shuffled } from './data-order.ts';
import { decodingOf, type ImageDecoding, readDecoded } from './decoded-images.ts';
import { storageBlocks } from './storage-blocks.ts';

/** Bytes of images [batch, height, width, channel] and what they are labelled with (see `Batch`), not yet tensors. */
export type ExampleBatch = { images: Uint8Array; labels: Int32Array; targets?: Float32Array };

/** Examples of one split, by position. */
export type ExampleSet = {
  length: number;
  /** Where each stands in its split. */
  rows: Int32Array;
  /**
   * The examples at some positions. Where the first augmentation is done while images are decoded, it is that of a step of training, or,
   * without a step, that of evaluation. The memory of the images is used again by the fourth read after this one.
   */
  read(positions: ArrayLike<number>, step?: number): Promise<ExampleBatch>;
  /** Has fetched ahead what the next reads need, in the order of the batches; null where all of it is here. */
  readAhead(batches: Iterable<ArrayLike<number>>): ReadAhead | null;
};

export type RunData = {
  classNames: readonly string[];
  /** [height, width, channel] of what `read` gives. */
  decodedShape: [number, number, number];
  /** Whether the first augmentation is done while images are decoded. */
  decodesFirst: boolean;
  /** The examples to train on: the labelled ones first (or all, for a method that needs no labels), then the unlabelled ones. */
  train: ExampleSet;
  /** With the class of each. */
  labelled: Shuffled & { labels: Int32Array };
  /** Those that a method learns from without their labels. */
  unlabelled: Shuffled;
  evaluate: ExampleSet | null;
  /** So many labelled examples of the training split, from all over it, or all where there are fewer. */
  reference(limit: number): ExampleSet;
  close(): Promise<void>;
};

/** Opens a spec's data: its training examples, and those to evaluate on. `memoryBytes` is what images may take that are kept in memory. */
export async function openRunData(
  from: string | PackedFiles,
  spec: ResolvedSpec,
  options: { memoryBytes?: number } = {},
): Promise<RunData> {
  const packed = await openPacked(from, options);
  try {
    const split = packed.split(spec.dataset.split);
    const chosen = chosenExamples(split, spec);
    const trained = methodEntry(spec).examples === 'all' ? Int32Array.from(split.labels.keys()) : chosen;
    const others = unlabelledRows(spec) > 0 ? withoutLabel(split, trained) : new Int32Array();
    const { targetWidth } = createTask(spec.task, split);
    const reading = { decoding: decodingOf(split, spec), seed: spec.training.seed, task: spec.task, targetWidth };
    return {
      classNames: split.classNames,
      decodedShape: reading.decoding.shape,
      decodesFirst: reading.decoding.first !== null,
      train: exampleSet(split, Int32Array.from([...trained, ...others]), reading),
      labelled: { ...shuffled(split, trained), labels: trained.map((index) => split.labels[index] ?? -1) },
      unlabelled: shuffled(split, others),
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

/** The labelled examples of the split, or those of them that the job selects: as if all were of one class where they have not one each. */
function chosenExamples(split: PackedSplit, { task, dataset: { labels } }: ResolvedSpec): Int32Array {
  const examples = labelled(split, task);
  if (!labels) return examples;
  if (taskEntry(task).hasOneClassEach) return selectLabels(split.labels, split.classNames, labels);
  const oneClass = new Int32Array(split.length).fill(-1);
  for (const index of examples) oneClass[index] = 0;
  return selectLabels(oneClass, 1, labels);
}

function labelled(split: PackedSplit, task: ResolvedSpec['task']): Int32Array {
  const { isLabelled } = taskEntry(task).readLabels(split);
  return Int32Array.from(split.labels.keys()).filter(isLabelled);
}

/** All the others. */
function withoutLabel({ labels }: PackedSplit, labelledOnes: Int32Array): Int32Array {
  const known = new Set(labelledOnes);
  const others = Int32Array.from(labels.keys()).filter((index) => !known.has(index));
  if (others.length > 0) return others;
  throw new ScionError('specInvalid', 'dataset.labels: every example is labelled, so that none is left to learn from without');
}

const shuffled = (split: PackedSplit, examples: Int32Array): Shuffled => ({
  examples: examples.length,
  blocks: storageBlocks(split, examples),
});

/** Of a split without labels, so many examples are evaluated. */
const unlabelledEvaluated = 10_000;

/** The labelled examples of the split; where there is none and none is needed, others from all over it. */
function evaluationSet(packed: PackedDataset, spec: ResolvedSpec, reading: Reading): ExampleSet | null {
  if (!spec.evaluate) return null;
  const split = packed.split(spec.evaluate.split);
  const examples = labelled(split, spec.task);
  if (examples.length > 0) return exampleSet(split, examples, reading);
  if (evaluatesWithoutLabels(spec)) return exampleSet(split, evenlySpaced(split.labels.length, unlabelledEvaluated), reading);
  throw new ScionError('specInvalid', `evaluate.split: no example of the split "${spec.evaluate.split}" has a label`);
}

type Reading = { decoding: ImageDecoding; seed: number; task: ResolvedSpec['task']; targetWidth: number };

function exampleSet(split: PackedSplit, examples: Int32Array, { decoding, seed, task, targetWidth }: Reading): ExampleSet {
  const [height, width, channels] = decoding.shape;
  const buffers = createBatchBuffers();
  const indicesAt = (positions: ArrayLike<number>) => Int32Array.from(positions, (position) => examples[position] ?? -1);
  const { readTarget } = taskEntry(task).readLabels(split);
  const targetsAt = (indices: Int32Array) => {
    const targets = new Float32Array(indices.length * targetWidth);
    for (const [row, index] of indices.entries()) readTarget(index, targets.subarray(row * targetWidth, (row + 1) * targetWidth));
    return targets;
  };
  return {
    length: examples.length,
    rows: examples,
    async read(positions, step) {
      const indices = indicesAt(positions);
      const images = buffers.next(indices.length * height * width * channels);
      await readDecoded(split, { decoding, indices, out: images, key: step === undefined ? undefined : { seed, step } });
      const labels = indices.map((index) => split.labels[index] ?? -1);
      return { images, labels, ...(targetWidth > 0 && { targets: targetsAt(indices) }) };
    },
    readAhead(batches) {
      const indicesOfEach = function* () {
        for (const positions of batches) yield indicesAt(positions);
      };
      return split.readAhead(indicesOfEach());
    },
  };
}
