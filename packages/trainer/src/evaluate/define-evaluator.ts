import type * as tf from '@tensorflow/tfjs-core';
import type { Forward } from '../parameters.ts';

/** What was computed of a batch: for each name, the examples' rows one after the other, and what the examples are labelled with. */
export type EvaluatedBatch = { outputs: Readonly<Record<string, Float32Array>>; labels: Int32Array; targets?: Float32Array };

/** One evaluation under way. */
export type Evaluation = {
  /** A batch of labelled training examples that the others are compared with: all of these come first. */
  addReference(batch: EvaluatedBatch): void;
  add(batch: EvaluatedBatch): void;
  /** Numbers by name, once every batch is in. */
  scores(): Record<string, number>;
};

/** Images twice, each time augmented by random numbers of its own. */
export type TwoViews = readonly [tf.Tensor4D, tf.Tensor4D];

/** How well the parameters do on labelled examples. A step program records `compute`; what follows works on plain numbers. */
export type Evaluator = {
  /** Labelled training examples that an evaluation compares with, at most. */
  referenceExamples: number;
  /**
   * images [batch, height, width, channel] → tensors [batch, …], by name. `viewsOfFirst` gives two views of the first so many images,
   * augmented as in training.
   */
  compute(forward: Forward, images: tf.Tensor4D, viewsOfFirst: (count: number) => TwoViews): Record<string, tf.Tensor>;
  start(classCount: number): Evaluation;
  /** The output of `compute` that holds features, where one does: what maps and nearest neighbours are drawn from. */
  features?: { output: string; width: number };
};
