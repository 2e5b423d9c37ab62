import { createRng, rngWithin, stepKey } from '@scion/engine/ops';
import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { fileShape, fromFile, toFile } from './artifact/file-layout.ts';
import type { NamedArray } from './artifact/safetensors.ts';
import { type AugmentationConfig, createPipeline, type Pipeline } from './augment/pipeline.ts';
import { type ConstraintTerm, createConstraintTerms } from './constraints/constraint-terms.ts';
import type { TwoViews } from './evaluate/define-evaluator.ts';
import type { Drawing, Method } from './methods/define-method.ts';
import { methodEntry } from './methods/method-entry.ts';
import type { Backbone, ImageShape } from './models/define-backbone.ts';
import { backbones } from './models/index.ts';
import { groupOf } from './parameter-groups.ts';
import { type Forward, initialValues, type ParameterSpec } from './parameters.ts';
import { entryOf } from './registry.ts';
import type { ResolvedSpec } from './spec.ts';
import type { Task } from './tasks/define-task.ts';
import { createTask } from './tasks/index.ts';
import { createTeacherNetwork } from './teacher-network.ts';

/** A spec's network in memory: what it consists of, and the present values of its parameters. */
export type Network = {
  backbone: Backbone;
  task: Task;
  method: Method;
  /** What evaluation and prediction see. */
  pipeline: Pipeline;
  /** How each view of a training step is made. */
  views: readonly Pipeline[];
  /** What is asked of the predictions of a training step. */
  constraints: readonly ConstraintTerm[];
  parameters: readonly ParameterSpec[];
  values: ReadonlyMap<string, tf.Variable>;
  dispose(): void;
};

/** Builds the network of a spec, each parameter at its first value. With `decodesFirst`, images come with the first augmentation done. */
export function createNetwork(
  spec: ResolvedSpec,
  classNames: readonly string[],
  { decodesFirst = false }: { decodesFirst?: boolean } = {},
): Network {
  const { augment, inputShape } = spec;
  const backboneAt = (shape: ImageShape) => entryOf(backbones, spec.backbone.type).create(spec.backbone, shape);
  const backbone = backboneAt(inputShape);
  const task = createTask(spec.task, { classNames });
  const teacher = spec.teacher && createTeacherNetwork(spec.teacher, spec);
  const context = { backbone, task, classNames, augment, inputShape, backboneAt, teacher };
  const method = methodEntry(spec).create(spec.method, context);
  const parameters = [...backbone.parameters, ...method.parameters];
  const values = new Map(
    parameters.map((parameter) => {
      const isFrozen = groupOf(spec.training.parameterGroups, parameter.name)?.frozen ?? false;
      const isTrainable = parameter.role !== 'statistic' && method.isTrainable(parameter.name) && !isFrozen;
      const initial = tf.tensor(initialValues(parameter, spec.training.seed), [...parameter.shape]);
      const variable = tf.variable(initial, isTrainable);
      initial.dispose();
      return [parameter.name, variable] as const;
    }),
  );
  const dispose = () => tf.dispose([...values.values()]);
  const pipelineOf = (augment: readonly AugmentationConfig[]) => {
    const pipeline = createPipeline(augment);
    return decodesFirst ? pipeline.afterDecoding() : pipeline;
  };
  const views = (method.views ?? [spec.augment]).map(pipelineOf);
  const constraints = createConstraintTerms(spec.training.constraints, classNames);
  const pipeline = pipelineOf(spec.augment);
  return { backbone, task, method, pipeline, views, constraints, parameters, values, dispose };
}

/**
 * What the method's evaluator computes of images [batch, height, width, channel], 0 to 255, with the model that the network would make.
 * `read` gives values in place of the network's own.
 */
export function evaluateOutputs(
  network: Network,
  images: tf.Tensor4D,
  read: Forward['parameter'] = (name) => variableOf(network, name),
): Record<string, tf.Tensor> {
  const unit = toUnitRange(images);
  const { modelValue } = network.method;
  const parameter = modelValue ? (name: string) => modelValue(name, read) : read;
  const viewsOfFirst = (count: number) => twoViews(network.views, tf.slice4d(unit, [0, 0, 0, 0], [count, -1, -1, -1]));
  return network.method.evaluator.compute(evaluationForward(parameter), network.pipeline.evaluate(unit), viewsOfFirst);
}

/** The first two views of a step, or the only one twice, by the same random numbers in each batch. */
function twoViews(views: Network['views'], images: tf.Tensor4D): TwoViews {
  const [first, second = first] = views;
  if (!first || !second) throw new Error('A method has at least one view');
  const rng = createRng(stepKey(0, 0));
  return [first.train(images, rng).images, second.train(images, rngWithin(rng, 'view 1')).images];
}

/**
 * What the task predicts of images [batch, height, width, channel], 0 to 255: a row for each.
 *
 * @throws ScionError `noClasses` where the method has no head
 */
export function predictRows(network: Network, images: tf.Tensor4D): tf.Tensor2D {
  const { method, pipeline, task } = network;
  if (!method.head)
    throw new ScionError('noClasses', 'The model was trained without labels, so it knows no classes: finetune it');
  const forward = evaluationForward((name) => variableOf(network, name));
  return task.predicted(method.head(forward, pipeline.evaluate(toUnitRange(images))));
}

/**
 * What a method that draws sees of images [batch, height, width, channel], 0 to 255, and makes of them, from 0 to 1 as before any
 * normalisation.
 */
export function drawImages(network: Network, images: tf.Tensor4D): Record<'given' | keyof Drawing, tf.Tensor4D> {
  const { method, pipeline } = network;
  if (!method.draw) throw new Error('Only a method that draws can show what it draws');
  const forward = evaluationForward((name) => variableOf(network, name));
  const given = pipeline.evaluate(toUnitRange(images));
  const { shown, drawn } = method.draw(forward, given);
  // What an evaluation does to a pixel is linear: black and white tell how.
  const [, ...shape] = images.shape;
  const [black, white] = [pipeline.evaluate(tf.zeros([1, ...shape])), pipeline.evaluate(tf.ones([1, ...shape]))];
  const undo = (x: tf.Tensor4D) => tf.clipByValue(tf.divNoNan(tf.sub(x, black), tf.sub(white, black)), 0, 1) as tf.Tensor4D;
  return { given: undo(given), shown: undo(shown), drawn: undo(drawn) };
}

function evaluationForward(parameter: Forward['parameter']): Forward {
  return {
    parameter,
    training: false,
    rng: createRng(stepKey(0, 0)), // nothing draws in evaluation, but a layer may ask for it
    updateStatistic: () => undefined,
  };
}

/** Bytes 0 … 255 as float32 in [0, 1]. */
export function toUnitRange(images: tf.Tensor4D): tf.Tensor4D {
  return tf.div(tf.cast(images, 'float32'), 255);
}

/** Those that the run trains, at least for a part of it. */
export function trainableParameters(network: Network): readonly ParameterSpec[] {
  return network.parameters.filter(({ name }) => variableOf(network, name).trainable);
}

export function variableOf(network: Network, name: string): tf.Variable {
  const value = network.values.get(name);
  if (!value) throw new Error(`The network has no parameter "${name}"`);
  return value;
}

/** What is left of the network once it is trained: without the parameters of a method that has no head, or that only its training needs. */
export function modelParameters({ method, backbone, parameters }: Network): readonly ParameterSpec[] {
  return method.head ? parameters.filter(({ trainingOnly }) => !trainingOnly) : backbone.parameters;
}

export function exportParameters(network: Network, parameters = network.parameters): NamedArray[] {
  return parameters.map((parameter) => toFile(parameter, variableOf(network, parameter.name)));
}

/** The model that the network makes. */
export function exportModel(network: Network): NamedArray[] {
  const { modelValue } = network.method;
  const parameters = modelParameters(network);
  if (!modelValue) return exportParameters(network, parameters);
  return parameters.map((parameter) => {
    const value = tf.tidy(() => tf.clone(modelValue(parameter.name, (name) => variableOf(network, name))));
    const array = toFile(parameter, value);
    value.dispose();
    return array;
  });
}

/**
 * Puts stored values into the given parameters.
 *
 * @throws ScionError `shapeMismatch` naming the first parameter that the file lacks or holds in another shape
 */
export function importParameters(
  network: Network,
  parameters: readonly ParameterSpec[],
  stored: ReadonlyMap<string, NamedArray>,
): void {
  for (const parameter of parameters) {
    const array = stored.get(parameter.name);
    if (!array) throw new ScionError('shapeMismatch', `The stored parameters have no ${parameter.name}`);
    if (String(array.shape) !== String(fileShape(parameter))) {
      throw new ScionError(
        'shapeMismatch',
        `${parameter.name} is stored as ${array.shape.join('×')}, but ${fileShape(parameter).join('×')} is needed`,
      );
    }
    assign(variableOf(network, parameter.name), fromFile(parameter, array));
  }
}

export function assign(variable: tf.Variable, values: Float32Array): void {
  const tensor = tf.tensor(values, variable.shape);
  variable.assign(tensor);
  tensor.dispose();
}
