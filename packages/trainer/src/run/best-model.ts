import { ScionError } from '@scion/schema';
import type { Best } from '../artifact/manifest.ts';
import type { NamedArray } from '../artifact/safetensors.ts';
import { exportModel, type Network } from '../network.ts';
import type { StopEarly } from '../stop-early.ts';
import type { TrainingStep } from './training-step.ts';

/** The best model of a run so far: what was measured of it, and its parameters. */
export type BestModel = { measured: Best; parameters: readonly NamedArray[] };

/** Watches one metric for a run that is to end once it no longer gets better. */
export type BestKeeper = {
  /** The numbers of a finished epoch. Those without the metric are passed over, unless there should be one. */
  measured(numbers: { step: number; values: Record<string, number>; metrics: Record<string, number> }): void;
  /** Whether the metric has not got better for long enough. */
  isOver(): boolean;
  /** The best model; null where there is none to prefer. */
  state(): BestModel | null;
};

/** `start` is what a checkpoint says; without `stopEarly` the newest model is the one to keep. */
export function createBestKeeper(
  { network, trainingStep, stopEarly }: { network: Network; trainingStep: TrainingStep; stopEarly: StopEarly | null },
  start: BestModel | null,
): BestKeeper {
  let best = start;
  const isWorse = (value: number, than: number, mode: StopEarly['mode']) => (mode === 'max' ? value <= than : value >= than);
  return {
    measured({ step, values, metrics }) {
      if (!stopEarly) return;
      const value = values[stopEarly.metric];
      if (value === undefined) return requireMetric(stopEarly.metric, values);
      if (best && isWorse(value, best.measured.value, stopEarly.mode)) {
        best = { ...best, measured: { ...best.measured, waited: best.measured.waited + 1 } };
        return;
      }
      trainingStep.pull();
      // Copies: what the network hands out changes with the next step.
      const parameters = exportModel(network).map((array) => ({
        ...array,
        data: array.data.slice(),
      }));
      best = { measured: { step, value, waited: 0, metrics: { ...metrics } }, parameters };
    },
    isOver: () => stopEarly !== null && best !== null && best.measured.waited >= stopEarly.patience,
    state: () => best,
  };
}

/** An epoch that was not evaluated has the means of training only; any other has all that there is to watch. */
function requireMetric(metric: string, values: Record<string, number>): void {
  const names = Object.keys(values);
  if (names.every((name) => name.startsWith('train/')) && !metric.startsWith('train/')) return;
  throw new ScionError(
    'specInvalid',
    `training.stopEarly.metric: there is no "${metric}"; this run measures ${names.join(', ')}`,
  );
}
