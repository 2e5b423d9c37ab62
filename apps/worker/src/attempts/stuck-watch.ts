/** When a trainer that says nothing counts as stuck. */
export type StuckRule = {
  /** So many times the median of the times between its last reports… */
  factor: number;
  /** …but never sooner than this. */
  floorMs: number;
  /** Until the first steps, which load, compile and measure. */
  startMs: number;
};

export const defaultStuckRule: StuckRule = { factor: 10, floorMs: 120_000, startMs: 900_000 };

const lookEveryMs = 1000;
const gapsRemembered = 51;
const gapsAtLeast = 3;

/** How long silence may last after the gaps between reports so far. A pure function. */
export function longestSilenceMs(gapsMs: readonly number[], { factor, floorMs, startMs }: StuckRule): number {
  if (gapsMs.length < gapsAtLeast) return startMs;
  const sorted = [...gapsMs].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return Math.max(factor * median, floorMs);
}

/** Watches whether a trainer goes on: a report of progress comes once a step, or every few seconds where steps are short. */
export type StuckWatch = {
  /** It made progress. */
  progressed(): void;
  stop(): void;
};

/**
 * Calls `onStuck` once, with the seconds of silence. Silence is counted in looks, not by the clock: while this process is stopped
 * too (a machine that sleeps), none adds up.
 */
export function watchForStuck({ rule, onStuck }: { rule: StuckRule; onStuck: (silentSeconds: number) => void }): StuckWatch {
  const gapsMs: number[] = [];
  let silentMs = 0;
  let lastLook = performance.now();
  let isFirst = true;
  let hasTold = false;
  const timer = setInterval(() => {
    const now = performance.now();
    silentMs += Math.min(now - lastLook, 2 * lookEveryMs);
    lastLook = now;
    if (hasTold || silentMs <= longestSilenceMs(gapsMs, rule)) return;
    hasTold = true;
    onStuck(Math.round(silentMs / 1000));
  }, lookEveryMs);

  return {
    progressed() {
      const now = performance.now();
      if (!isFirst) gapsMs.push(silentMs + Math.min(now - lastLook, lookEveryMs));
      if (gapsMs.length > gapsRemembered) gapsMs.shift();
      isFirst = false;
      silentMs = 0;
      lastLook = now;
    },
    stop: () => clearInterval(timer),
  };
}
