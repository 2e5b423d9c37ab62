import { onDevice } from '@scion/engine';
import { hashName } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type BatchPart, partOf } from './batch-part.ts';
import type { RunPhase } from './phases.ts';
import { sharpnessAware } from './sharpness-aware.ts';
import { createStepFunction, type StepFunction, type StepOutputs } from './step-function.ts';
import type { TrainingStepOptions } from './training-step.ts';

export type Towers = {
  /** Parts that a batch is split into. */
  towers: number;
  /** TensorFlow's name of what a tower runs on, such as `/device:GPU:1`. */
  device(tower: number): string;
};

const cpu = '/device:CPU:0';

type DividedStepOptions = Pick<TrainingStepOptions, 'network' | 'spec' | 'totalSteps' | 'devices'> & {
  phase: RunPhase;
  scalesLoss?: boolean;
};

/** The step of a phase of a run, divided as its `training.devices` says. The parts take turns on the devices that are named. */
export function createDividedStep({
  network,
  spec,
  phase,
  totalSteps,
  devices = [cpu],
  scalesLoss = false,
}: DividedStepOptions): StepFunction {
  const device = (tower: number) => devices[tower % devices.length] ?? cpu;
  const stepFunction = createStepFunction({ network, spec, phase, steps: totalSteps * spec.training.accumulate, scalesLoss });
  const { devices: towers, sharpnessAware: sharpness } = spec.training;
  return createTowerStep(sharpness ? sharpnessAware(stepFunction, sharpness) : stepFunction, { towers, device });
}

/**
 * Data-parallel training as a step of its own: each tower takes a part of the batch through the step, on its device and with random
 * numbers of its own, and the results, gradients and running averages are the means over the batch. What a method compares within a
 * batch (statistics of normalisation, negatives of a contrastive loss) it compares within a tower's part.
 */
export function createTowerStep(stepFunction: StepFunction, { towers, device }: Towers): StepFunction {
  if (towers === 1) return stepFunction;
  return (read, inputs) => {
    const parts = partsOf(inputs.labels.size, towers);
    const outputs = parts.map((part, tower) =>
      onDevice(device(tower), () => stepFunction(read, { ...partOf(inputs, part), key: towerKey(inputs.key, tower) })),
    );
    const average = (tensors: readonly tf.Tensor[]) => weightedMean(tensors, parts);
    const results = averageEach(
      outputs.map(({ results }) => new Map(Object.entries(results))),
      average,
    );
    const statistics = averageEach(
      outputs.map(({ statistics }) => statistics),
      average,
    );
    for (const { release } of outputs) release();
    for (const kept of [...results.values(), ...statistics.values()]) tf.keep(kept);
    return {
      results: Object.fromEntries(results) as StepOutputs['results'],
      gradients: averageEach(
        outputs.map(({ gradients }) => gradients),
        average,
      ),
      statistics,
      release: () => tf.dispose([...results.values(), ...statistics.values()]),
    };
  };
}

/** Parts as equal as can be; fewer than `towers` where a last batch has fewer examples than that. */
function partsOf(examples: number, towers: number): BatchPart[] {
  const count = Math.min(towers, examples);
  const bound = (part: number) => Math.floor((part * examples) / count);
  return Array.from({ length: count }, (_, part) => {
    const [start, end] = [bound(part), bound(part + 1)];
    return { start, size: end - start, share: (end - start) / examples };
  });
}

/** The first tower draws what an undivided step draws. */
function towerKey(key: tf.Tensor1D, tower: number): tf.Tensor1D {
  return tower === 0 ? key : tf.add(key, tf.tensor1d([hashName(`tower ${tower}`), 0], 'int32'));
}

function weightedMean(tensors: readonly tf.Tensor[], parts: readonly BatchPart[]): tf.Tensor {
  return tf.tidy(() => tf.addN(tensors.map((tensor, tower) => tf.mul(tensor, parts[tower]?.share ?? 0))));
}

/** Averages what the towers give under one name, for each name. */
function averageEach(
  towers: readonly ReadonlyMap<string, tf.Tensor>[],
  average: (tensors: readonly tf.Tensor[]) => tf.Tensor,
): Map<string, tf.Tensor> {
  const [first] = towers;
  const fellows = (name: string) => towers.flatMap((tower) => tower.get(name) ?? []);
  return new Map([...(first?.keys() ?? [])].map((name) => [name, average(fellows(name))] as const));
}
