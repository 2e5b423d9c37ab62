import type { Build } from '@scion/engine';
import * as tf from '@tensorflow/tfjs-core';
import type { Followers } from '../methods/define-method.ts';
import { averageDecay, nextAverage } from '../moving-average.ts';
import type { UpdateRule } from '../optimizers/define-optimizer.ts';
import type { ResolvedSpec } from '../spec.ts';
import { clipByGlobalNorm } from './clip-gradients.ts';
import { dropOverflow, lossScale } from './loss-scale.ts';
import { averageName, type ParameterUpdate, slotName } from './parameter-updates.ts';

/** How a step reads and changes variables: those of a recorded program, or plain ones, which have no update kernels. */
export type VariableAccess = Pick<Build, 'variable' | 'updated' | 'assign'> & Partial<Pick<Build, 'update'>>;

export type UpdateInputs = {
  /** Of each trainable parameter, by name. */
  gradients: ReadonlyMap<string, tf.Tensor>;
  learningRate: tf.Scalar;
  /** Counted from 1. */
  step: tf.Scalar;
};

export type UpdateOptions = {
  updates: readonly ParameterUpdate[];
  training: ResolvedSpec['training'];
  /** Whether the gradients are those of a scaled loss, so that some may not be finite numbers. */
  scalesLoss?: boolean;
  followers: Followers | undefined;
  /** Of the whole run. */
  totalSteps: number;
};

/**
 * The second half of a step: clips the gradients, changes every parameter by its rule, and takes the averages and the parameters that
 * follow others on. Gives numbers to report.
 */
export function applyUpdates(
  access: VariableAccess,
  inputs: UpdateInputs,
  { updates, training, scalesLoss = false, followers, totalSteps }: UpdateOptions,
): Record<string, tf.Scalar> {
  const { clipNorm, ema } = training;
  const usable = scalesLoss ? dropOverflow(access, inputs) : inputs;
  const clipped = clipNorm === null ? null : clipByGlobalNorm(usable.gradients, clipNorm);
  const gradients = clipped?.gradients ?? usable.gradients;
  const decay = ema ? averageDecay(ema, inputs.step) : null;
  for (const { parameter, rule, rateFactor, stepsBefore } of updates) {
    const { name } = parameter;
    const gradient = gradients.get(name);
    if (!gradient) throw new Error(`The step has no gradient of ${name}`);
    const learningRate = rateFactor === 1 ? usable.learningRate : tf.mul<tf.Scalar>(usable.learningRate, rateFactor);
    const step = stepsBefore === 0 ? inputs.step : tf.sub<tf.Scalar>(inputs.step, stepsBefore);
    change(access, { name, rule, step: { parameter: access.variable(name), gradient, learningRate, step } });
    if (decay) {
      const average = averageName(name);
      access.assign(average, nextAverage(access.variable(average), access.updated(name), decay));
    }
  }
  if (followers) follow(access, followers, tf.div(tf.sub(inputs.step, 1), totalSteps));
  return { ...(clipped ? { gradientNorm: clipped.norm } : {}), ...(scalesLoss ? { lossScale: lossScale(access.variable) } : {}) };
}

function follow(access: VariableAccess, { pairs, momentum }: Followers, progress: tf.Scalar): void {
  const decay = momentum(progress);
  for (const { name, leader } of pairs) access.assign(name, nextAverage(access.variable(name), access.updated(leader), decay));
}

type Change = {
  name: string;
  rule: UpdateRule;
  step: { parameter: tf.Tensor; gradient: tf.Tensor; learningRate: tf.Scalar; step: tf.Scalar };
};

function change({ variable, assign, update }: VariableAccess, { name, rule, step }: Change): void {
  const names = (slots: readonly string[]) => slots.map((slot) => slotName(name, slot));
  if (update && rule.kernels) {
    for (const { op, slots, ...call } of rule.kernels(step)) update(op, { ...call, variables: [name, ...names(slots)] });
    return;
  }
  const slots = names(rule.slots);
  const next = rule.update({ ...step, slots: slots.map((slot) => variable(slot)) });
  assign(name, next.parameter);
  next.slots.forEach((value, index) => {
    const slot = slots[index];
    if (slot === undefined) throw new Error(`The rule of ${name} gives more running values than it names`);
    assign(slot, value);
  });
}
