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
   * A job that is to be retried is tried again here at once: it has waited for its turn already. So is one that was lost, whose new
   * announcement the queue did not take while this entry was in it; if another worker has it, there is nothing to claim.
   */
  const runOn = async (slot: Slot, jobId: string): Promise<HandleResult> => {
    for (;;) {
      if (drainGraceMs !== null) return 'again';
      const claim = () => parts.services.attempts.claim({ jobId, workerId, leaseMs });
      const claimed = await whileUnreachable(claim, { isOver: () => drainGraceMs !== null, onError });
      if (!claimed) return 'done';
      const run = startAttempt(parts, { claimed, slot });
      running.add(run);
      if (drainGraceMs !== null) run.drain(drainGraceMs);
      const state = await run.ended.finally(() => running.delete(run));
      if (state !== 'retrying' && state !== 'lost') return 'done';
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
