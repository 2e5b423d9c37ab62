/** A task that runs again and again, one run at a time. */
export type RepeatingTask = {
  /** Asks for a run now, or as soon as the running one has ended and `minGapMs` have passed. */
  nudge(): void;
  /** No further run; resolves when the running one has ended. */
  stop(): Promise<void>;
};

/** Runs `run` at once, and again `everyMs` after each end; nudges run it sooner, though never sooner than `minGapMs` after an end. */
export function startRepeatingTask(options: {
  run: () => Promise<unknown>;
  everyMs: number;
  minGapMs?: number;
  onError: (error: unknown) => void;
}): RepeatingTask {
  const { run, everyMs, minGapMs = 0, onError } = options;
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let lastEnd = Number.NEGATIVE_INFINITY;
  let isNudged = false;
  let isStopped = false;

  const schedule = (delayMs: number) => {
    clearTimeout(timer);
    timer = setTimeout(start, delayMs);
  };
  const start = () => {
    isNudged = false;
    running = run()
      .then(() => {}, onError)
      .then(() => {
        running = null;
        lastEnd = performance.now();
        if (!isStopped) schedule(isNudged ? minGapMs : everyMs);
      });
  };
  start();

  return {
    nudge() {
      if (isStopped || isNudged) return;
      isNudged = true;
      if (!running) schedule(Math.max(lastEnd + minGapMs - performance.now(), 0));
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
