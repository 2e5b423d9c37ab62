import type { PackedFiles } from '@scion/data';
import { type Device, deviceNames, openDevice } from '@scion/engine';
import { ScionError, type TrainerOutcome, type TrainerReport, type TrainRun } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import { createNetwork, type Network, trainableParameters } from '../network.ts';
import { parameterCount } from '../parameters.ts';
import { parseResolved } from '../resolve-spec.ts';
import type { ResolvedSpec } from '../spec.ts';
import { evaluationSizes } from './evaluate.ts';
import { type ExampleSet, openRunData, type RunData } from './examples.ts';
import { runLoop } from './loop.ts';
import { planRun } from './plan-run.ts';
import { type ChosenPrecision, choosePrecision } from './precision.ts';
import { createProgressReporter } from './progress.ts';
import { prepareStart } from './start-state.ts';
import { plannedEpochs } from './time-budget.ts';
import { createTrainingStep } from './training-step.ts';

export type TrainOptions = {
  run: TrainRun;
  store: ArtifactStore;
  report: (report: TrainerReport) => void;
  /** Aborted with the reason `cancel` or `drain` to stop within one step. */
  signal: AbortSignal;
  /** For images that are kept in memory; 1 GiB if left out. */
  loaderMemoryBytes?: number;
};

/**
 * Runs one attempt of one job to its end: the whole of training, as a library. A failure that a user can act on comes back as an
 * outcome with a code of the error catalogue; anything else is thrown.
 */
export async function train(options: TrainOptions): Promise<TrainerOutcome> {
  try {
    const spec = parseResolved(options.run.spec);
    const device = await openDevice({ threads: options.run.threads });
    if (device.warning) {
      options.report({
        type: 'event',
        event: 'run.warning',
        level: 'warn',
        message: device.warning,
        data: { device: device.description },
      });
    }
    const folder = await options.store.openFolder(options.run.dataset.key);
    try {
      return await trainFrom(folder, { ...options, spec, device });
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!(error instanceof ScionError)) throw error;
    return { type: 'failed', code: error.code, message: error.message };
  }
}

type PreparedOptions = TrainOptions & { spec: ResolvedSpec; device: Device };

async function trainFrom(folder: PackedFiles, options: PreparedOptions): Promise<TrainerOutcome> {
  const { spec, loaderMemoryBytes: memoryBytes } = options;
  const data = await openRunData(folder, spec, memoryBytes === undefined ? {} : { memoryBytes });
  try {
    return await trainOn(data, options);
  } finally {
    await data.close();
  }
}

async function trainOn(data: RunData, given: PreparedOptions): Promise<TrainerOutcome> {
  const { device, report } = given;
  const devices = deviceNames(device);
  warnOfFewDevices(given, devices);
  const plan = planRun(data, given.spec);
  const createStep = (network: Network, epochs: number) =>
    createTrainingStep({
      network,
      spec: given.spec,
      imageShape: data.decodedShape,
      totalSteps: plan.stepsPerEpoch * epochs,
      batchSizes: plan.batchSizes,
      evaluationSizes: evaluationSizes([data.evaluate, referenceOf(data, given.spec, network)]),
      devices,
      compile: device.backend.startsWith('tensorflow'),
    });
  const epochs = await plannedEpochs({ ...given, data, plan, createStep });
  const options = { ...given, spec: { ...given.spec, training: { ...given.spec.training, epochs } } };
  const network = createNetwork(options.spec, data.classNames, data);
  const trainingStep = createStep(network, epochs);
  try {
    const start = await prepareStart({ ...options, network, trainingStep });
    const chosen = choosePrecision(options.spec, { device, resumed: start.precision });
    const trained = { ...options.spec, training: { ...options.spec.training, precision: chosen.precision } };
    const { classNames, decodedShape, decodesFirst } = data;
    const description = { spec: trained, classNames: [...classNames], decodedShape, decodesFirst };
    trainingStep.begin(chosen.precision);
    sayWhichMethod(options);
    sayPrepared(options, { network, data, chosen });
    const totalSteps = plan.stepsPerEpoch * epochs;
    const progress = createProgressReporter({ report, stepsPerEpoch: plan.stepsPerEpoch, totalSteps, startStep: start.step });
    const reference = referenceOf(data, options.spec, network);
    return await runLoop({ ...options, data, reference, network, description, trainingStep, plan, totalSteps, progress }, start);
  } finally {
    trainingStep.dispose();
    network.dispose();
  }
}

/** Training examples are not compared with themselves. */
function referenceOf(data: RunData, { evaluate, dataset }: ResolvedSpec, { method }: Network): ExampleSet | null {
  const { referenceExamples } = method.evaluator;
  if (!data.evaluate || referenceExamples === 0 || evaluate?.split === dataset.split) return null;
  const reference = data.reference(referenceExamples);
  return reference.length > 0 ? reference : null;
}

/** The parts of a batch then take turns: the run is slower, but what it computes is the same wherever it runs. */
function warnOfFewDevices({ spec, report }: TrainOptions & { spec: ResolvedSpec }, devices: readonly string[]): void {
  const asked = spec.training.devices;
  if (asked <= devices.length) return;
  const [first] = devices;
  const here = first?.includes('GPU') ? `${devices.length} GPU${devices.length === 1 ? '' : 's'}` : 'no GPU';
  const message = `training.devices is ${asked}, but this attempt has ${here}: the parts of each batch take turns, with the same result`;
  report({ type: 'event', event: 'run.warning', level: 'warn', message, data: { asked, devices } });
}

/** Once in a run: a later attempt goes on with what the first one began. */
function sayWhichMethod({ run, report, spec: { method, methodReason } }: TrainOptions & { spec: ResolvedSpec }): void {
  if (methodReason === undefined || run.resumeFrom.length > 0) return;
  report({ type: 'event', event: 'method.chosen', level: 'info', message: methodReason, data: { method } });
}

function sayPrepared(
  { run, report, spec, device: { description: device } }: TrainOptions & { spec: ResolvedSpec; device: Device },
  { network, data, chosen: { precision, reason } }: { network: Network; data: RunData; chosen: ChosenPrecision },
): void {
  const counts = {
    parameters: parameterCount(network.parameters),
    trainable: parameterCount(trainableParameters(network)),
    examples: data.train.length,
  };
  const message = `${spec.backbone.type}: ${counts.parameters} parameters, ${counts.trainable} trained, on ${counts.examples} examples; ${device}; ${precision} (${reason})`;
  report({
    type: 'event',
    event: 'run.prepared',
    level: 'info',
    message,
    data: { ...counts, device, precision, from: run.from?.id ?? null },
  });
}
