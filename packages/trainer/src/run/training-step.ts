import { createRng, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { toFile } from '../artifact/file-layout.ts';
import type { NamedArray } from '../artifact/safetensors.ts';
import type { Batch, StepResult } from '../methods/define-method.ts';
import { assign, type Network, toUnitRange, variableOf } from '../network.ts';
import { optimizers } from '../optimizers/index.ts';
import { type Forward, sizeOf } from '../parameters.ts';
import { entryOf } from '../registry.ts';
import { regularization } from '../regularizers/define-regularizer.ts';
import { regularizers } from '../regularizers/index.ts';
import type { ResolvedSpec } from '../spec.ts';

/** One optimizer step: augment, forward, backward, update. Everything that changes from step to step is an argument. */
export type TrainingStep = {
  /** `step` counts from 0. Gives the loss and the method's numbers. Disposes of the batch. */
  run(batch: Batch, at: { step: number; learningRate: number }): Record<string, number>;
  exportSlots(): NamedArray[];
  importSlots(stored: ReadonlyMap<string, NamedArray>): void;
  dispose(): void;
};

export function createTrainingStep(network: Network, spec: ResolvedSpec): TrainingStep {
  const { training } = spec;
  const optimizer = entryOf(optimizers, training.optimizer.type).create(training.optimizer);
  const trainable = network.parameters.filter(({ name }) => variableOf(network, name).trainable);
  const variables = trainable.map(({ name }) => variableOf(network, name));
  const slots = new Map(
    trainable.map(({ name, shape }) => [name, optimizer.slots.map(() => tf.variable(tf.zeros([...shape]), false))] as const),
  );
  const penalty = createPenalty(network, spec);

  function run(batch: Batch, { step, learningRate }: { step: number; learningRate: number }): Record<string, number> {
    const numbers = tf.tidy(() => {
      const rng = createRng(stepKey(training.seed, step));
      const images = network.pipeline.train(toUnitRange(batch.images), rng);
      const { forward, statistics } = trainingForward(network, rng);
      const { result, gradients } = differentiate({
        variables,
        objective: () => withPenalty(network.method.step(forward, { ...batch, images }), penalty),
        statistics,
      });
      const rate = tf.scalar(learningRate);
      const stepNumber = tf.scalar(step + 1);
      for (const { name } of trainable) {
        const parameter = variableOf(network, name);
        const gradient = gradients[parameter.name];
        if (!gradient) throw new Error(`No gradient reached ${name}`);
        const own = slots.get(name) ?? [];
        const next = optimizer.update({ parameter, gradient, slots: own, learningRate: rate, step: stepNumber });
        parameter.assign(next.parameter as tf.Tensor);
        for (const [index, slot] of own.entries()) slot.assign(next.slots[index] ?? slot);
      }
      for (const [name, value] of statistics) variableOf(network, name).assign(value);
      const read = Object.fromEntries(Object.entries(result).map(([name, value]) => [name, value.dataSync()[0] ?? Number.NaN]));
      tf.dispose([...Object.values(result), ...statistics.values()]); // kept from the scopes of the gradient
      return read;
    }) as unknown as Record<string, number>;
    tf.dispose([batch.images, batch.labels]);
    return numbers;
  }

  return {
    run,
    exportSlots: () =>
      trainable.flatMap((parameter) =>
        (slots.get(parameter.name) ?? []).map((slot, index) =>
          toFile({ ...parameter, name: `${parameter.name}/${optimizer.slots[index]}`, layout: { type: 'plain' } }, slot),
        ),
      ),
    importSlots(stored) {
      for (const { name, shape } of trainable) {
        for (const [index, slot] of (slots.get(name) ?? []).entries()) {
          const array = stored.get(`${name}/${optimizer.slots[index]}`);
          if (array?.data.length !== sizeOf(shape))
            throw new Error(`The checkpoint lacks the optimizer's ${optimizer.slots[index]} of ${name}`);
          assign(slot, array.data);
        }
      }
    },
    dispose: () => tf.dispose([...slots.values()].flat()),
  };
}

function trainingForward(network: Network, rng: Forward['rng']): { forward: Forward; statistics: Map<string, tf.Tensor> } {
  const statistics = new Map<string, tf.Tensor>();
  const forward: Forward = {
    parameter: (name) => variableOf(network, name),
    training: true,
    rng,
    updateStatistic: (name, value) => statistics.set(name, value),
  };
  return { forward, statistics };
}

/** Gradients of the objective's loss. What it reports besides is kept for the caller, who disposes of it. */
function differentiate(options: { variables: tf.Variable[]; objective: () => StepResult; statistics: Map<string, tf.Tensor> }) {
  let result: Record<string, tf.Scalar> = {};
  const { grads } = tf.variableGrads(() => {
    const { loss, metrics } = options.objective();
    result = { loss: tf.keep(loss), ...mapValues(metrics, (value) => tf.keep(value)) };
    for (const value of options.statistics.values()) tf.keep(value);
    return loss;
  }, options.variables);
  return { result, gradients: grads };
}

function mapValues<In, Out>(record: Record<string, In>, map: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

/** λ·R(θ) over the trainable weights; null without a regularizer. */
function createPenalty(network: Network, { training }: ResolvedSpec): (() => tf.Scalar) | null {
  const config = training.regularizer;
  if (!config) return null;
  const { penalty } = entryOf(regularizers, config.type);
  const weights = network.parameters.filter(({ name, role }) => role === 'weight' && variableOf(network, name).trainable);
  return () =>
    regularization(
      penalty,
      weights.map(({ name }) => variableOf(network, name)),
      config.lambda,
    );
}

function withPenalty({ loss, metrics }: StepResult, penalty: (() => tf.Scalar) | null): StepResult {
  if (!penalty) return { loss, metrics };
  const regularizer = penalty();
  return { loss: tf.add(loss, regularizer), metrics: { ...metrics, regularizer } };
}
