import type { TrainerReport, TrainRun } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import { readManifestOf } from '../artifact/parameter-folder.ts';
import { createNetwork, type Network } from '../network.ts';
import type { ResolvedSpec } from '../spec.ts';
import type { BatchPlan } from './batches.ts';
import { evaluationBatch } from './evaluate.ts';
import type { ExampleSet, RunData } from './examples.ts';
import type { TrainingStep } from './training-step.ts';

type Options = {
  run: TrainRun;
  spec: ResolvedSpec;
  store: ArtifactStore;
  report: (report: TrainerReport) => void;
  data: RunData;
  plan: BatchPlan;
  createStep(network: Network, epochs: number): TrainingStep;
};

const warmUpSteps = 2; // the first steps wait for memory and for code to be compiled
const measuredSteps = 5;

/** What is not foreseen: checkpoints, fitting a probe, a machine that grows slower. */
const reserve = 0.1;

/**
 * The epochs of a run that is to end within `training.maxMinutes`. They are planned once, by the time of a few steps and of one evaluated
 * batch, and said in the event `run.planned`; an attempt that goes on from a checkpoint takes them from there, so that the schedule of
 * learning rates is that of an unbroken run.
 */
export async function plannedEpochs(options: Options): Promise<number> {
  const { spec, run, store, plan, report } = options;
  const { maxMinutes, epochs } = spec.training;
  if (maxMinutes === null) return epochs;
  for (const { key } of run.resumeFrom) {
    const manifest = await readManifestOf(store, key);
    if (manifest) return manifest.network.spec.training.epochs;
  }
  const startedAt = performance.now();
  const { stepMs, evaluationMs } = await measure(options);
  const leftMs = maxMinutes * 60_000 - (performance.now() - startedAt);
  const epochMs = plan.stepsPerEpoch * stepMs + evaluationMs / (spec.evaluate?.everyEpochs ?? 1);
  const planned = epochsWithin(leftMs, epochMs);
  const isTooShort = planned * epochMs > leftMs;
  report({
    type: 'event',
    event: 'run.planned',
    level: isTooShort ? 'warn' : 'info',
    message: isTooShort
      ? `training.maxMinutes is ${maxMinutes}, but one epoch alone takes about ${(epochMs / 60_000).toPrecision(2)} minutes here: it is trained all the same; training.stepsPerEpoch makes epochs shorter`
      : `${planned} epochs of about ${(epochMs / 1000).toPrecision(3)} s fit into ${maxMinutes} minutes`,
    data: { epochs: planned, stepMs, evaluationMs, maxMinutes },
  });
  return planned;
}

/** How many epochs of `epochMs` fit into the time with some to spare, but one at least. */
export function epochsWithin(leftMs: number, epochMs: number): number {
  return Math.max(Math.floor((leftMs * (1 - reserve)) / epochMs), 1);
}

/** The median time of a step, and the time of a whole evaluation, on a network that is thrown away. */
async function measure({ spec, data, plan, createStep }: Options): Promise<{ stepMs: number; evaluationMs: number }> {
  const network = createNetwork(spec, data.classNames, data);
  const trainingStep = createStep(network, spec.training.epochs);
  try {
    const { precision } = spec.training;
    trainingStep.begin(precision === 'auto' ? 'float32' : precision);
    const times: number[] = [];
    const last = plan.stepsPerEpoch * spec.training.epochs - 1; // of a run's phases the last has the most to do
    for (let step = 0; step < warmUpSteps + measuredSteps; step++) {
      // Round and round the first epoch, whose batches all have a size that is planned for.
      const startedAt = performance.now();
      const at = step % plan.stepsPerEpoch;
      trainingStep.run(await data.train.read(plan.batchAt(at), at), { step: last, learningRate: 0 });
      if (step >= warmUpSteps) times.push(performance.now() - startedAt);
    }
    const stepMs = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
    return { stepMs, evaluationMs: await evaluationTime(trainingStep, data, network) };
  } finally {
    trainingStep.dispose();
    network.dispose();
  }
}

/** Of one batch, times the batches that an evaluation has. */
async function evaluationTime(trainingStep: TrainingStep, data: RunData, { method }: Network): Promise<number> {
  if (!data.evaluate) return 0;
  const { length } = data.evaluate;
  const positions = Array.from({ length: Math.min(length, evaluationBatch) }, (_, i) => i);
  const evaluateOne = async (examples: ExampleSet) => void trainingStep.evaluate(await examples.read(positions));
  await evaluateOne(data.evaluate);
  const startedAt = performance.now();
  await evaluateOne(data.evaluate);
  return ((length + method.evaluator.referenceExamples) / positions.length) * (performance.now() - startedAt);
}
