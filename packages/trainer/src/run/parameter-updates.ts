import type { NamedArray } from '../artifact/safetensors.ts';
import { type Network, trainableParameters } from '../network.ts';
import type { UpdateRule } from '../optimizers/define-optimizer.ts';
import { optimizers } from '../optimizers/index.ts';
import { groupOf } from '../parameter-groups.ts';
import { type ParameterSpec, sizeOf } from '../parameters.ts';
import { entryOf } from '../registry.ts';
import type { ResolvedSpec } from '../spec.ts';

/** How one trainable parameter changes: its rule, the factor on its learning rate, and the steps of the run before it is first trained. */
export type ParameterUpdate = { parameter: ParameterSpec; rule: UpdateRule; rateFactor: number; stepsBefore: number };

export function parameterUpdates(network: Network, { training }: ResolvedSpec): readonly ParameterUpdate[] {
  const { optimizer, parameterGroups } = training;
  const { create } = entryOf(optimizers, optimizer.type);
  return trainableParameters(network).map((parameter) => {
    const group = groupOf(parameterGroups, parameter.name);
    const weightDecay = group?.weightDecay ?? optimizer.weightDecay;
    const rateFactor = (group?.learningRate ?? 1) * (network.method.rateFactor?.(parameter.name) ?? 1);
    return { parameter, rule: create({ ...optimizer, weightDecay }, parameter), rateFactor, stepsBefore: 0 };
  });
}

/** Names of the variables that a parameter has beside its own. */
export const slotName = (parameter: string, slot: string) => `${parameter}/${slot}`;
export const averageName = (parameter: string) => `${parameter}/average`;
export const gradientSumName = (parameter: string) => `${parameter}/gradient`;

/** A variable that a checkpoint keeps beside the model's parameters. `name` is that in the file. */
export type StoredVariable = { name: string; variable: string; shape: readonly number[] };

/**
 * What a resume needs beside the model: the optimizer's running values and, where the model is an average, the parameters as they are
 * trained.
 */
export function storedVariables(updates: readonly ParameterUpdate[], { training }: ResolvedSpec): StoredVariable[] {
  return updates.flatMap(({ parameter: { name, shape }, rule }) => {
    const slots = rule.slots.map((slot) => ({ name: slotName(name, slot), variable: slotName(name, slot), shape }));
    return training.ema ? [...slots, { name: `${name}/trained`, variable: name, shape }] : slots;
  });
}

export function checkStored(variables: readonly StoredVariable[], stored: ReadonlyMap<string, NamedArray>): void {
  const missing = variables.find(({ name, shape }) => stored.get(name)?.data.length !== sizeOf(shape));
  if (missing) throw new Error(`The checkpoint lacks ${missing.name}`);
}
