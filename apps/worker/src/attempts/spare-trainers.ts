import type { Slot } from '../processes/slots.ts';
import { forkTrainer, type IdleTrainer } from './idle-trainer.ts';

/** A trainer process for each slot that has loaded its code before there is a job for it. */
export type SpareTrainers = {
  /** The slot's spare, or a fresh one where it has none that lives. */
  take(slot: Slot): IdleTrainer;
  /** Sees to it that the slot has a spare. */
  refill(slot: Slot): void;
  /** Ends the spares; no further one is forked. */
  close(): Promise<void>;
};

export function createSpareTrainers(options: {
  path: string;
  environmentOf: (slot: Slot) => NodeJS.ProcessEnv;
  slots: readonly Slot[];
}): SpareTrainers {
  const { path, environmentOf, slots } = options;
  const spares = new Map<Slot, IdleTrainer>();
  let isClosed = false;

  const fork = (slot: Slot) => forkTrainer({ path, environment: environmentOf(slot) });
  const refill = (slot: Slot) => {
    const spare = spares.get(slot);
    if (!isClosed && (!spare || spare.hasEnded())) spares.set(slot, fork(slot));
  };
  for (const slot of slots) refill(slot);

  return {
    refill,
    take(slot) {
      const spare = spares.get(slot);
      spares.delete(slot);
      return spare && !spare.hasEnded() ? spare : fork(slot);
    },
    async close() {
      isClosed = true;
      const ending = [...spares.values()];
      spares.clear();
      for (const spare of ending) spare.kill();
      await Promise.all(ending.map((spare) => spare.ended));
    },
  };
}
