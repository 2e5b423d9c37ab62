import type * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { LabelMix } from '../augment/label-mix.ts';
import type { AugmentationConfig } from '../augment/pipeline.ts';
import type { Evaluator } from '../evaluate/define-evaluator.ts';
import type { Backbone, ImageShape } from '../models/define-backbone.ts';
import type { Forward, ParameterSpec } from '../parameters.ts';
import type { RegistryEntry } from '../registry.ts';
import type { HeadFunction, Task } from '../tasks/define-task.ts';
import type { TaskId } from '../tasks/index.ts';

/** What a method is made for. */
export type MethodContext = {
  backbone: Backbone;
  /** What is to be learnt of labels. */
  task: Task;
  classNames: readonly string[];
  /** Of the images that the backbone sees. */
  inputShape: ImageShape;
  /** The job's. */
  augment: readonly AugmentationConfig[];
  /** The backbone as it is made for images of another shape. Throws ScionError `shapeMismatch` where it is not. */
  backboneAt(shape: ImageShape): Backbone;
  /** That of the job's `method.teacher`. */
  teacher?: TeacherNetwork | undefined;
};

/** A trained network whose outputs another is to give. */
export type TeacherNetwork = {
  backbone: Backbone;
  /** The method that it was trained by; null where that gives no scores of classes. */
  method: Method | null;
  classNames: readonly string[];
  /** From images as the student sees them to what the teacher was trained to see. */
  prepare(images: tf.Tensor4D): tf.Tensor4D;
};

/**
 * images [batch, height, width, channel]; labels int32 [batch], -1 where there is none; targets float32 [batch, targetWidth], where the
 * task predicts more than one class.
 */
export type Batch = { images: tf.Tensor4D; labels: tf.Tensor1D; targets?: tf.Tensor2D };

export type AugmentedBatch = Batch & {
  /** The images after augmentation, once for each of the method's views, each time with random numbers of its own; `images` is the first. */
  views: readonly tf.Tensor4D[];
  /** The last so many of the examples are to be learnt from without their labels, which stand there only to be compared with. */
  unlabelledCount: number;
  /** How augmentation mixed the images of the first view, and so their labels: one mix after the other. */
  mixes: readonly LabelMix[];
  /** The share of the run's steps that are done, from 0 to less than 1: what schedules within a method go by. */
  progress: tf.Scalar;
};

/** Outputs of one training step: what is minimised, and named numbers to report beside it. */
export type StepResult = {
  loss: tf.Scalar;
  metrics: Record<string, tf.Scalar>;
  /** What the head gives for the images [batch, headWidth]: to be told by a method that has one, since constraints look at it. */
  scores?: tf.Tensor2D;
};

/** Images [batch, height, width, channel], on the scale of those that were given. */
export type Drawing = { shown: tf.Tensor4D; drawn: tf.Tensor4D };

/** Parameters that trail others. After each optimizer step: value ← momentum · value + (1 - momentum) · leader. */
export type Followers = {
  pairs: readonly { name: string; leader: string }[];
  /** `progress` is the share of the run's steps done before this one. */
  momentum(progress: tf.Scalar): tf.Scalar;
};

/** A part of a run that trains some of the parameters only, by a step of its own. Others stand still: no gradient, decay or momentum. */
export type Phase = {
  /** The share of the run's steps that come before it. */
  from: number;
  isTrainable(name: string): boolean;
  step(forward: Forward, batch: AugmentedBatch): StepResult;
  /** Factor on the learning rate; left out: 1. */
  rate?: number;
};

/**
 * An objective: pure functions over the backbone's parameters and its own. Nothing in here may read values back, draw numbers other
 * than from `forward.rng`, or change shape from call to call, so that a step can be recorded and replayed.
 */
export type Method = {
  /** Parameters beside the backbone's. */
  parameters: readonly ParameterSpec[];
  /** Whether a parameter changes, be it in one phase only. */
  isTrainable(name: string): boolean;
  step(forward: Forward, batch: AugmentedBatch): StepResult;
  /** In place of `step`, one part of the run after the other; the first begins at 0. */
  phases?: readonly Phase[];
  /** Factor on a parameter's learning rate; left out: 1. */
  rateFactor?(name: string): number;
  /** How the parameters are scored on a split. */
  evaluator: Evaluator;
  /**
   * What the task's head gives [batch, headWidth], such as class scores before softmax. A method without one makes a model of the
   * backbone alone, to finetune from.
   */
  head?: HeadFunction;
  /** What the method sees of images and makes of them, where it draws: for people to look at. */
  draw?(forward: Forward, images: tf.Tensor4D): Drawing;
  /** How each view is augmented; left out: one view, by the job's `augment`. */
  views?: readonly (readonly AugmentationConfig[])[];
  /** A number of the step whose mean over an epoch, when it falls below, means that all images are embedded at the same point or along a line. */
  collapse?: { metric: string; below: number };
  /** Parameters that no gradient changes but others' values. */
  followers?: Followers;
  /**
   * What the model keeps as the value of a parameter, and evaluation sees; left out: the value itself. `read` gives those of the network.
   */
  modelValue?(name: string, read: (name: string) => tf.Tensor): tf.Tensor;
  /** Why a batch cannot be divided among devices, where it cannot: what follows "…, since". */
  needsWholeBatch?: string;
};

/** What a method's own defaults of `training` depend on: the examples of an optimizer step, and how long it trains. */
export type TrainingPlan = { batchSize: number; epochs: number };

/** Settings of an optimizer and of a schedule, each with its `type`. */
export type DefaultTraining = Record<'optimizer' | 'schedule', { type: string } & Record<string, unknown>>;

export type MethodEntry = RegistryEntry & {
  /** Settings that make the method small, for tests of all methods. */
  readonly tiny?: Readonly<Record<string, unknown>>;
  /** Whether `step` heeds `mixes`; augmentations that mix labels are refused to other methods. */
  takesMixedLabels: boolean;
  /** What it can learn of labels. */
  tasks: readonly TaskId[];
  /** Which examples of the split it trains on. */
  examples: 'labelled' | 'all';
  /** What a backbone must have beside `features`; others are refused. */
  needs?: 'tokens';
  /** What `augment` becomes where a job leaves it out; `shape` is that of the data set's images. */
  defaultAugment?(shape: ImageShape): readonly AugmentationConfig[];
  /** What the setting `views` becomes where a job leaves out both it and `augment`: one list for each view. */
  defaultViews?(shape: ImageShape): readonly (readonly AugmentationConfig[])[];
  /** What `training.optimizer` and `training.schedule` become where a job leaves them out. */
  defaultTraining?(plan: TrainingPlan): DefaultTraining;
  create(config: unknown, context: MethodContext): Method;
};

type Config<Id extends string> = z.ZodObject<{ type: z.ZodLiteral<Id> } & z.core.$ZodLooseShape>;

/** Declares a method; one that does not say otherwise trains on the labelled examples, of one class each, and takes no mixed labels. */
export function defineMethod<Id extends string, C extends Config<Id>>(declaration: {
  id: Id;
  summary: string;
  paper?: string;
  config: C;
  takesMixedLabels?: boolean;
  tasks?: MethodEntry['tasks'];
  examples?: MethodEntry['examples'];
  needs?: NonNullable<MethodEntry['needs']>;
  tiny?: Omit<z.input<C>, 'type'>;
  defaultAugment?: NonNullable<MethodEntry['defaultAugment']>;
  defaultViews?: NonNullable<MethodEntry['defaultViews']>;
  defaultTraining?: NonNullable<MethodEntry['defaultTraining']>;
  create(config: z.output<C>, context: MethodContext): Method;
}) {
  return {
    ...declaration,
    takesMixedLabels: declaration.takesMixedLabels ?? false,
    tasks: declaration.tasks ?? ['single-label' as const],
    examples: declaration.examples ?? 'labelled',
    create: (config: unknown, context: MethodContext) => declaration.create(declaration.config.parse(config), context),
  };
}
