import type { Phase } from '../methods/define-method.ts';
import type { Network } from '../network.ts';
import type { ResolvedSpec } from '../spec.ts';
import { type ParameterUpdate, parameterUpdates } from './parameter-updates.ts';

/** A part of a run: the steps from `firstStep` on, up to the next phase. */
export type RunPhase = {
  firstStep: number;
  step: Phase['step'];
  /** Of the parameters that it trains. */
  updates: readonly ParameterUpdate[];
};

/** The phases of a run of so many steps; one that covers it all where the method names none. */
export function runPhases({
  network,
  spec,
  totalSteps,
}: {
  network: Network;
  spec: ResolvedSpec;
  totalSteps: number;
}): readonly RunPhase[] {
  const { method } = network;
  const phases: readonly Phase[] = method.phases ?? [{ from: 0, isTrainable: () => true, step: method.step }];
  const firstSteps = phases.map(({ from }) => Math.round(from * totalSteps));
  const updates = parameterUpdates(network, spec);
  return phases.map(({ isTrainable, step, rate = 1 }, index) => ({
    firstStep: firstSteps[index] ?? 0,
    step,
    updates: updates
      .filter(({ parameter }) => isTrainable(parameter.name))
      .map((update) => {
        const first = firstOfRow(phases, index, update.parameter.name);
        return { ...update, rateFactor: update.rateFactor * rate, stepsBefore: firstSteps[first] ?? 0 };
      }),
  }));
}

/** The first of the phases up to this one that train a parameter without a break. */
function firstOfRow(phases: readonly Phase[], index: number, name: string): number {
  let first = index;
  while (phases[first - 1]?.isTrainable(name)) first--;
  return first;
}

/** The number of the phase that a step, counted from 0, belongs to. */
export function phaseAt(phases: readonly RunPhase[], step: number): number {
  return phases.findLastIndex(({ firstStep }) => firstStep <= step);
}
