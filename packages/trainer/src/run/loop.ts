import { ScionError, type TrainerOutcome, type TrainerReport, type TrainRun } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import type { EpochSums, NetworkDescription } from '../artifact/manifest.ts';
import type { NamedArray } from '../artifact/safetensors.ts';
import type { Network } from '../network.ts';
import { entryOf } from '../registry.ts';
import { schedules } from '../schedules/index.ts';
import type { ResolvedSpec } from '../spec.ts';
import type { BatchPlan } from './batches.ts';
import { createBestKeeper } from './best-model.ts';
import { diverged } from './diverged.ts';
import { evaluateModel } from './evaluate.ts';
import type { ExampleSet, RunData } from './examples.ts';
import { type Batches, prefetch } from './prefetch.ts';
import type { ProgressReporter } from './progress.ts';
import { saveCheckpoint, saveModel } from './save.ts';
import { saveArtifacts } from './save-artifacts.ts';
import type { StartState } from './start-state.ts';
import { breathe, stopReason } from './stop-signal.ts';
import type { TrainingStep } from './training-step.ts';

export type LoopOptions = {
  run: TrainRun;
  spec: ResolvedSpec;
  store: ArtifactStore;
  report: (report: TrainerReport) => void;
  signal: AbortSignal;
  data: RunData;
  /** What evaluations compare with, where they do. */
  reference: ExampleSet | null;
  network: Network;
  description: NetworkDescription;
  trainingStep: TrainingStep;
  plan: BatchPlan;
  totalSteps: number;
  progress: ProgressReporter;
};

const noSums: EpochSums = { examples: 0, values: {} };

/**
 * The one training loop. A step is a function of (seed, step) and of the parameters before it, so stopping after any step and
 * going on from its checkpoint gives what an unbroken run gives.
 */
export async function runLoop(options: LoopOptions, start: StartState): Promise<TrainerOutcome> {
  const { data, plan, totalSteps } = options;
  const batches = prefetch(data.train, { batchAt: plan.batchAt, first: start.step, end: totalSteps, isTraining: true });
  try {
    return await trainSteps(options, start, batches);
  } finally {
    await batches.close();
  }
}

async function trainSteps(options: LoopOptions, start: StartState, batches: Batches): Promise<TrainerOutcome> {
  const { spec, plan, totalSteps, trainingStep, progress, signal } = options;
  const { stepsPerEpoch } = plan;
  const schedule = entryOf(schedules, spec.training.schedule.type).create(spec.training.schedule);
  const metrics = { ...start.metrics };
  const saving = { ...options, stepsPerEpoch, metrics };
  const best = createBestKeeper({ ...options, stopEarly: spec.training.stopEarly }, start.best);
  let { step, epochSums } = start;
  let savedStep = step > 0 ? step : null;
  const save = async () => {
    await saveCheckpoint(saving, { step, epochSums, best: best.state() });
    savedStep = step;
  };

  const stop = async (): Promise<TrainerOutcome | null> => {
    await breathe();
    const reason = stopReason(signal);
    if (!reason || (reason === 'keep' && step === 0)) return null; // Nothing is trained yet that could be kept
    progress.flush();
    if (reason !== 'cancel') await save();
    if (reason !== 'keep') return { type: 'stopped', reason };
    await saveArtifacts(options, { step, epoch: step / stepsPerEpoch });
    return { ...(await succeed({ step, metrics })), stoppedAt: { step, epoch: step / stepsPerEpoch } };
  };

  const succeed = async (kept: { step: number; metrics: Record<string, number>; parameters?: readonly NamedArray[] }) => {
    const model = await saveModel({ ...saving, metrics: kept.metrics }, kept);
    return { type: 'succeeded', model, metrics: kept.metrics } as const;
  };

  while (true) {
    // Sums at an epoch's end mean that the epoch is trained but not yet evaluated: also where a run is resumed just there.
    if (step % stepsPerEpoch === 0 && epochSums.examples > 0) {
      const means = epochMeans(epochSums);
      failIfCollapsed(options, means, step);
      const evaluated = await evaluateEpoch(options, step / stepsPerEpoch);
      const stopped = await stop();
      if (stopped) return stopped;
      failUnlessFinite(evaluated ?? {}, { step, savedStep });
      Object.assign(metrics, evaluated);
      progress.add(step, evaluated ?? {});
      progress.flush();
      sayEpochFinished(options, step / stepsPerEpoch, { ...means, ...evaluated });
      best.measured({ step, values: { ...means, ...evaluated }, metrics });
      epochSums = noSums;
      if (areArtifactsDue(options, step) && !best.isOver()) await saveArtifacts(options, { step, epoch: step / stepsPerEpoch });
      if (best.isOver() || isEpochCheckpointDue(options, step)) await save();
    }
    if (step === totalSteps || best.isOver()) break;
    const stopped = await stop();
    if (stopped) return stopped;

    const batch = await batches.next();
    const examples = batch.labels.length;
    const learningRate = spec.training.optimizer.learningRate * schedule({ step, totalSteps, stepsPerEpoch });
    const startedAt = performance.now();
    const results = trainingStep.run(batch, { step, learningRate });
    step += 1;
    failUnlessFinite(results, { step, savedStep });
    const values = { ...prefixed('train', results), 'train/learningRate': learningRate };
    Object.assign(metrics, values);
    epochSums = addToSums(epochSums, examples, prefixed('train', results));
    progress.stepDone({ step, examples, durationMs: performance.now() - startedAt, values });
    const { everySteps } = spec.checkpoint;
    if (everySteps && step % everySteps === 0 && step % stepsPerEpoch !== 0) {
      progress.flush(); // no run goes on from here without the points up to here
      await save();
    }
  }
  if (step < totalSteps) sayEndedEarly(options, step);
  await saveArtifacts(options, { step, epoch: step / stepsPerEpoch });
  trainingStep.pull();
  const kept = best.state();
  return await succeed(kept ? { ...kept.measured, parameters: kept.parameters } : { step, metrics });
}

async function evaluateEpoch(options: LoopOptions, epoch: number) {
  const { spec, data, reference, network, trainingStep, signal, totalSteps, plan, progress } = options;
  if (!spec.evaluate || !data.evaluate) return {};
  const isLast = epoch * plan.stepsPerEpoch === totalSteps;
  if (epoch % spec.evaluate.everyEpochs !== 0 && !isLast) return {};
  const scores = await evaluateModel({
    evaluator: network.method.evaluator,
    classCount: data.classNames.length,
    examples: data.evaluate,
    reference,
    evaluate: trainingStep.evaluate,
    isStopped: () => {
      progress.goesOn();
      return signal.aborted;
    },
  });
  return scores ? prefixed(spec.evaluate.split, scores) : null;
}

function isEpochCheckpointDue({ spec, plan, totalSteps }: LoopOptions, step: number): boolean {
  const { everyEpochs, everySteps } = spec.checkpoint;
  const epoch = step / plan.stepsPerEpoch;
  return (
    step === totalSteps || (everyEpochs !== null && epoch % everyEpochs === 0) || (everySteps !== null && step % everySteps === 0)
  );
}

/** Those of the end come then. */
function areArtifactsDue({ spec, plan, totalSteps }: LoopOptions, step: number): boolean {
  const every = spec.evaluate?.artifactsEveryEpochs ?? null;
  return every !== null && step !== totalSteps && (step / plan.stepsPerEpoch) % every === 0;
}

function sayEpochFinished({ report, totalSteps, plan }: LoopOptions, epoch: number, values: Record<string, number>): void {
  const numbers = Object.entries(values).map(([name, value]) => `${name} ${value.toFixed(4)}`);
  const message = `Epoch ${epoch} of ${totalSteps / plan.stepsPerEpoch}: ${numbers.join(', ')}`;
  report({ type: 'event', event: 'epoch.finished', level: 'info', message, data: { epoch, ...values } });
}

function sayEndedEarly({ report, spec, plan, totalSteps }: LoopOptions, step: number): void {
  const { metric = '', patience = 0 } = spec.training.stopEarly ?? {};
  const [epoch, epochs] = [step / plan.stepsPerEpoch, totalSteps / plan.stepsPerEpoch];
  const message = `Ended after epoch ${epoch} of ${epochs}: ${metric} did not get better in ${patience} measurements`;
  report({ type: 'event', event: 'run.endedEarly', level: 'info', message, data: { epoch, step, metric, patience } });
}

function addToSums({ examples, values }: EpochSums, more: number, results: Record<string, number>): EpochSums {
  const sum = Object.entries(results).map(([name, value]) => [name, (values[name] ?? 0) + value * more] as const);
  return { examples: examples + more, values: Object.fromEntries(sum) };
}

function epochMeans({ examples, values }: EpochSums): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, sum]) => [name, sum / examples]));
}

function prefixed(prefix: string, values: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]));
}

/** So few embeddings spread little, and in few directions, whatever they are. */
const leastJudged = 8;

/** Ends a run whose method says that it collapsed, rather than train on what cannot be trained. */
function failIfCollapsed({ network: { method }, spec }: LoopOptions, means: Record<string, number>, step: number): void {
  if (!method.collapse || spec.training.batchSize < leastJudged) return;
  const { metric, below } = method.collapse;
  const value = means[`train/${metric}`] ?? Number.NaN;
  if (!(value < below)) return;
  throw new ScionError(
    'collapsed',
    `The ${metric} is ${value.toPrecision(2)} at step ${step}, below ${below}: all images are embedded at nearly the same point, or along one line. Lower training.optimizer.learningRate, enlarge training.batchSize, or vary the views more (augment)`,
  );
}

function failUnlessFinite(results: Record<string, number>, at: { step: number; savedStep: number | null }): void {
  const bad = Object.entries(results).find(([, value]) => !Number.isFinite(value));
  if (!bad) return;
  const { step, savedStep } = at;
  const kept = savedStep === null ? 'no checkpoint was saved yet' : `the checkpoint of step ${savedStep} is kept`;
  throw diverged(`The ${bad[0]} became ${bad[1]} at step ${step}`, `All was finite up to step ${step - 1}, and ${kept}`);
}
