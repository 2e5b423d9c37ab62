import { stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { toFile } from '../artifact/file-layout.ts';
import { assign, type Network, variableOf } from '../network.ts';
import { optimizers } from '../optimizers/index.ts';
import { sizeOf } from '../parameters.ts';
import { entryOf } from '../registry.ts';
import type { ResolvedSpec } from '../spec.ts';
import { createStepFunction, trainableParameters } from './step-function.ts';
import type { TrainingStep } from './training-step.ts';

/** Runs each op of a step as it comes: on every backend, and the reference for the compiled step. */
export function createEagerStep(network: Network, spec: ResolvedSpec): TrainingStep {
  const { training } = spec;
  const optimizer = entryOf(optimizers, training.optimizer.type).create(training.optimizer);
  const trainable = trainableParameters(network);
  const slots = new Map(trainable.map(({ name, shape }) => [name, optimizer.slots.map(() => zeroVariable(shape))] as const));
  const stepFunction = createStepFunction(network, spec);

  const run: TrainingStep['run'] = (batch, { step, learningRate }) => {
    let numbers: Record<string, number> = {};
    tf.tidy(() => {
      const { results, gradients, statistics, release } = stepFunction((name) => variableOf(network, name), {
        ...batch,
        key: stepKey(training.seed, step),
      });
      const rate = tf.scalar(learningRate);
      const stepNumber = tf.scalar(step + 1);
      for (const [name, gradient] of gradients) {
        const parameter = variableOf(network, name);
        const own = slots.get(name) ?? [];
        const next = optimizer.update({ parameter, gradient, slots: own, learningRate: rate, step: stepNumber });
        parameter.assign(next.parameter as tf.Tensor);
        for (const [index, slot] of own.entries()) slot.assign(next.slots[index] ?? slot);
      }
      for (const [name, value] of statistics) variableOf(network, name).assign(value);
      numbers = Object.fromEntries(Object.entries(results).map(([name, value]) => [name, value.dataSync()[0] ?? Number.NaN]));
      release();
    });
    tf.dispose([batch.images, batch.labels]);
    return numbers;
  };

  return {
    begin: () => undefined,
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
    pull: () => undefined,
    dispose: () => tf.dispose([...slots.values()].flat()),
  };
}

function zeroVariable(shape: readonly number[]): tf.Variable {
  const zeros = tf.zeros([...shape]);
  const variable = tf.variable(zeros, false);
  zeros.dispose();
  return variable;
}
