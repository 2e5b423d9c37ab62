import type { JobProgress, MetricPoint, TrainerReport } from '@scion/schema';

/**
 * How often to report, in milliseconds, by the age of the run: each report costs the machine that trains a transaction and two files,
 * and who has watched for a minute no longer waits for the next second.
 */
const reportEveryMs = { first: 1000, slowerPerMs: 0.1, last: 3000 };
const pointsAtMost = 2000; // of one series in a run

/** Gathers metric points and says how far the run is: once a second at first, then every three. */
export type ProgressReporter = {
  /** After a step; `step` counts the finished ones. */
  stepDone(done: { step: number; examples: number; durationMs: number; values: Record<string, number> }): void;
  /** Numbers that are not of every step, such as an evaluation's. */
  add(step: number, values: Record<string, number>): void;
  /** It goes on without a step, as in an evaluation: who watches hears so as often as of steps. */
  goesOn(): void;
  flush(): void;
};

export function createProgressReporter(options: {
  report: (report: TrainerReport) => void;
  stepsPerEpoch: number;
  totalSteps: number;
  startStep: number;
}): ProgressReporter {
  const { report, stepsPerEpoch, totalSteps } = options;
  // A function of the step alone, so that a resumed run has the same points as an unbroken one.
  const pointEverySteps = Math.ceil(totalSteps / pointsAtMost);
  let points: MetricPoint[] = [];
  let step = options.startStep;
  const startedAt = performance.now();
  let lastReportAt = startedAt;
  let window = { examples: 0, durationMs: 0 };
  const rate = { imagesPerSecond: 0, msPerStep: 0 };

  const add = (at: number, values: Record<string, number>) => {
    for (const [name, value] of Object.entries(values)) points.push({ step: at, name, value });
  };

  function flush(): void {
    if (window.durationMs > 0) rate.imagesPerSecond = (1000 * window.examples) / window.durationMs;
    report({ type: 'progress', progress: progress(), metrics: points });
    points = [];
    window = { examples: 0, durationMs: 0 };
    lastReportAt = performance.now();
  }

  function flushIfDue(): void {
    const now = performance.now();
    const { first, slowerPerMs, last } = reportEveryMs;
    if (now - lastReportAt >= Math.min(first + slowerPerMs * (now - startedAt), last)) flush();
  }

  function progress(): JobProgress {
    const left = totalSteps - step;
    return {
      epoch: step / stepsPerEpoch,
      epochs: totalSteps / stepsPerEpoch,
      step,
      steps: totalSteps,
      fraction: step / totalSteps,
      etaSeconds: rate.msPerStep > 0 ? (left * rate.msPerStep) / 1000 : null,
      imagesPerSecond: rate.imagesPerSecond > 0 ? rate.imagesPerSecond : null,
    };
  }

  return {
    add,
    flush,
    goesOn: flushIfDue,
    stepDone(done) {
      step = done.step;
      window.examples += done.examples;
      window.durationMs += done.durationMs;
      rate.msPerStep = rate.msPerStep === 0 ? done.durationMs : 0.95 * rate.msPerStep + 0.05 * done.durationMs;
      if (step % pointEverySteps === 0) add(step, done.values);
      flushIfDue();
    },
  };
}
