import type { HandleResult } from '@scion/jobs';
import type { Slot } from '../processes/slots.ts';
import { whileUnreachable } from '../while-unreachable.ts';
import { type AttemptParts, type AttemptRun, startAttempt } from './attempt-run.ts';

/** Runs jobs on the slots, one on each; the queue's consumer calls `handle` for no more jobs at once than there are slots. */
export function createJobHandler({
  parts,
  slots,
  workerId,
  leaseMs,
}: {
  parts: AttemptParts;
  slots: readonly Slot[];
  workerId: string;
  leaseMs: number;
}): { handle(jobId: string): Promise<HandleResult>; drain(graceMs: number): void } {
  const freeSlots = [...slots];
  const running = new Set<AttemptRun>();
  const onError = (error: unknown) => parts.log.warn({ err: error }, 'claim');
  let drainGraceMs: number | null = null;

  /**
   * An entry says that there is work, not which: the slot takes what is first in line, job after job, until nothing may start. The
   * entry of a job that waits for its next try is put back until then.
   */
  const runOn = async (slot: Slot, jobId: string): Promise<HandleResult> => {
    const { attempts } = parts.services;
    const ask = <T>(call: () => Promise<T>) => whileUnreachable(call, { isOver: () => drainGraceMs !== null, onError });
    for (;;) {
      if (drainGraceMs !== null) return 'again';
      const claimed = await ask(() => attempts.claim({ workerId, leaseMs }));
      if (!claimed) {
        const againInMs = await ask(() => attempts.msUntilNextTry(jobId));
        return againInMs === null ? 'done' : { againInMs };
      }
      const run = startAttempt(parts, { claimed, slot });
      running.add(run);
      if (drainGraceMs !== null) run.drain(drainGraceMs);
      await run.ended.finally(() => running.delete(run));
    }
  };

  return {
    async handle(jobId) {
      const slot = freeSlots.shift();
      if (!slot) return 'again';
      try {
        return await runOn(slot, jobId);
      } finally {
        freeSlots.push(slot);
      }
    },
    drain(graceMs) {
      drainGraceMs = graceMs;
      for (const run of running) run.drain(graceMs);
    },
  };
}
