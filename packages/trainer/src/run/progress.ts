import type { JobProgress, MetricPoint, TrainerReport } from '@scion/schema';

const reportEveryMs = 1000; // each costs the machine that trains a transaction and two files
const pointsAtMost = 2000; // of one series in a run

/** Gathers metric points and says how far the run is, once a second. */
export type ProgressReporter = {
  /** After a step; `step` counts the finished ones. */
  stepDone(done: { step: number; examples: number; durationMs: number; values: Record<string, number> }): void;
  /** Numbers that are not of every step, such as an evaluation's. */
  add(step: number, values: Record<string, number>): void;
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
  let lastReportAt = performance.now();
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
    stepDone(done) {
      step = done.step;
      window.examples += done.examples;
      window.durationMs += done.durationMs;
      rate.msPerStep = rate.msPerStep === 0 ? done.durationMs : 0.95 * rate.msPerStep + 0.05 * done.durationMs;
      if (step % pointEverySteps === 0) add(step, done.values);
      if (performance.now() - lastReportAt >= reportEveryMs) flush();
    },
  };
}
