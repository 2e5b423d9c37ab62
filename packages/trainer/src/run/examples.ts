import { openPacked, type PackedDataset, type PackedSplit, selectLabels } from '@scion/data';
import { ScionError } from '@scion/schema';
import { methodEntry } from '../methods/method-entry.ts';
import type { ResolvedSpec } from '../spec.ts';

/** Bytes of images [batch, height, width, channel] and their labels [batch], not yet tensors. */
export type ExampleBatch = { images: Uint8Array; labels: Int32Array };

/** Examples of one split, by position. */
export type ExampleSet = {
  length: number;
  read(positions: ArrayLike<number>): Promise<ExampleBatch>;
};

export type RunData = {
  classNames: readonly string[];
  /** [height, width, channel] of what `read` gives. */
  decodedShape: [number, number, number];
  train: ExampleSet;
  evaluate: ExampleSet | null;
  /** So many labelled examples of the training split, from all over it, or all where there are fewer. */
  reference(limit: number): ExampleSet;
  close(): Promise<void>;
};

/** Opens a spec's data: its training examples, and those to evaluate on. */
export async function openRunData(folder: string, spec: ResolvedSpec): Promise<RunData> {
  const packed = await openPacked(folder);
  try {
    const split = packed.split(spec.dataset.split);
    const { labels } = spec.dataset;
    const chosen = labels ? selectLabels(split.labels, split.classNames, labels) : labelled(split);
    const trained = methodEntry(spec).examples === 'all' ? Int32Array.from(split.labels.keys()) : chosen;
    const decodedShape = shapeAfterDecoding(packed, spec);
    return {
      classNames: split.classNames,
      decodedShape,
      train: exampleSet(split, trained, decodedShape),
      evaluate: spec.evaluate ? evaluationSet(packed, spec.evaluate.split, decodedShape) : null,
      reference: (limit) => exampleSet(split, spread(chosen, limit), decodedShape),
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

/** At most `limit` of the items, at even distances: a split that is sorted by class keeps all its classes. */
function spread(items: Int32Array, limit: number): Int32Array {
  const length = Math.min(items.length, limit);
  return Int32Array.from({ length }, (_, i) => items[Math.floor((i * items.length) / length)] ?? 0);
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
      const images = new Uint8Array(indices.length * height * width * channels);
      await split.read(indices, images, { height, width });
      return { images, labels: indices.map((index) => split.labels[index] ?? -1) };
    },
  };
}
