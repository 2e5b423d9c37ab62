import { openPacked, type PackedDataset, type PackedSplit, selectLabels } from '@scion/data';
import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import type { ResolvedSpec } from '../spec.ts';

/** Examples of one split, by position. */
export type ExampleSet = {
  length: number;
  /** images int32 0 … 255 [batch, height, width, channel] and labels int32 [batch], of the examples at `positions`. */
  read(positions: ArrayLike<number>): Promise<{ images: tf.Tensor4D; labels: tf.Tensor1D }>;
};

export type RunData = {
  classNames: readonly string[];
  /** [height, width, channel] of what `read` gives. */
  decodedShape: [number, number, number];
  train: ExampleSet;
  evaluate: ExampleSet | null;
  close(): Promise<void>;
};

/** Opens a spec's data: its labelled training examples, and those to evaluate on. */
export async function openRunData(folder: string, spec: ResolvedSpec): Promise<RunData> {
  const packed = await openPacked(folder);
  try {
    const split = packed.split(spec.dataset.split);
    const { labels } = spec.dataset;
    const chosen = labels ? selectLabels(split.labels, split.classNames, labels) : labelled(split);
    const decodedShape = shapeAfterDecoding(packed, spec);
    return {
      classNames: split.classNames,
      decodedShape,
      train: exampleSet(split, chosen, decodedShape),
      evaluate: spec.evaluate ? evaluationSet(packed, spec.evaluate.split, decodedShape) : null,
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

function evaluationSet(packed: PackedDataset, name: string, shape: [number, number, number]): ExampleSet {
  const split = packed.split(name);
  const examples = labelled(split);
  if (examples.length === 0) throw new ScionError('specInvalid', `evaluate.split: no example of the split "${name}" has a label`);
  return exampleSet(split, examples, shape);
}

/** Images of one size are read as they are; others are decoded straight to the size of the leading `resize`. */
function shapeAfterDecoding(packed: PackedDataset, spec: ResolvedSpec): [number, number, number] {
  const [height, width, channels] = packed.split(spec.dataset.split).shape;
  if (height !== null && width !== null) return [height, width, channels];
  const [first] = spec.augment;
  if (first?.type !== 'resize')
    throw new ScionError('shapeMismatch', 'augment: images differ in size, so "resize" must come first');
  const [resizedHeight, resizedWidth] = typeof first.size === 'number' ? [first.size, first.size] : first.size;
  return [resizedHeight, resizedWidth, channels];
}

function exampleSet(split: PackedSplit, examples: Int32Array, shape: [number, number, number]): ExampleSet {
  const [height, width, channels] = shape;
  return {
    length: examples.length,
    async read(positions) {
      const indices = Int32Array.from(positions, (position) => examples[position] ?? -1);
      const pixels = new Uint8Array(indices.length * height * width * channels);
      await split.read(indices, pixels, { height, width });
      return {
        images: tf.tensor4d(pixels, [indices.length, height, width, channels], 'int32'),
        labels: tf.tensor1d(
          Int32Array.from(indices, (index) => split.labels[index] ?? -1),
          'int32',
        ),
      };
    },
  };
}
