import type { PackedSplit } from '@scion/data';
import type { DatasetStatistics, LabelKind, Prediction } from '@scion/schema';
import type * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { Evaluator } from '../evaluate/define-evaluator.ts';
import type { AugmentedBatch, StepResult } from '../methods/define-method.ts';
import type { Forward } from '../parameters.ts';
import type { RegistryEntry } from '../registry.ts';

/** Images [batch, height, width, channel] → the numbers [batch, headWidth] that a head gives for them. */
export type HeadFunction = (forward: Forward, images: tf.Tensor4D) => tf.Tensor2D;

/** What the examples of a batch are labelled with. */
export type Truth = Pick<AugmentedBatch, 'labels' | 'targets' | 'mixes'>;

/** What is to be learnt of the labels: how a head's numbers are trained on them, scored against them, and told. */
export type Task = {
  /** Numbers that a head gives for each example. */
  headWidth: number;
  /** Numbers in each row of a batch's `targets`; 0 where its `labels` say it all. */
  targetWidth: number;
  /** Loss and numbers of a training step, of what the head gives [batch, headWidth]. */
  score(outputs: tf.Tensor2D, truth: Truth): StepResult;
  /** How a head is scored on a split. */
  evaluator(head: HeadFunction): Evaluator;
  /** What the head gives [batch, headWidth], in the units of a prediction: probabilities, or the number itself. */
  predicted(outputs: tf.Tensor2D): tf.Tensor2D;
  /** What is told of one row of `predicted`; at most `topK` classes are ranked. */
  tell(row: Float32Array, topK: number): Prediction;
};

/** How the labels of a split's examples are read. */
export type LabelReader = {
  isLabelled(index: number): boolean;
  /** Puts what is to be predicted into a row of `targetWidth` zeros. */
  readTarget(index: number, row: Float32Array): void;
};

export type LabelFacts = Pick<PackedSplit, 'labels' | 'labelSets' | 'targets'>;

/** What settings can depend on: the numbers to predict of the split that is trained on. */
export type TaskData = { numbers?: NonNullable<DatasetStatistics['numbers']>[string] | undefined };

export type TaskEntry = RegistryEntry & {
  /** What the examples must be labelled with, and how that is said. */
  readonly labelKind: LabelKind;
  readonly needs: string;
  /** Classes that a data set must have. */
  readonly leastClasses: number;
  /** Whether `labels.perClass` has a meaning. */
  readonly hasOneClassEach: boolean;
  /** Settings that a job left out, filled in by what it trains on. */
  resolve(config: unknown, data: TaskData): { type: string };
  readLabels(facts: LabelFacts): LabelReader;
  create(config: unknown, context: { classNames: readonly string[] }): Task;
};

type Config<Id extends string> = z.ZodObject<{ type: z.ZodLiteral<Id> } & z.core.$ZodLooseShape>;

/** Declares a task. */
export function defineTask<Id extends string, C extends Config<Id>>(
  declaration: Omit<TaskEntry, keyof RegistryEntry | 'create' | 'resolve'> & {
    id: Id;
    summary: string;
    config: C;
    resolve?(config: z.output<C>, data: TaskData): z.output<C>;
    create(config: z.output<C>, context: { classNames: readonly string[] }): Task;
  },
) {
  const { resolve = (config) => config } = declaration;
  return {
    ...declaration,
    resolve: (config: unknown, data: TaskData) => resolve(declaration.config.parse(config), data),
    create: (config: unknown, context: { classNames: readonly string[] }) =>
      declaration.create(declaration.config.parse(config), context),
  };
}
