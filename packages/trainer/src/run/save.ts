import { artifactKeys, newId, type TrainerReport, type TrainRun } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import { type Best, type EpochSums, formatVersion, type NetworkDescription } from '../artifact/manifest.ts';
import { writeParameterFolder } from '../artifact/parameter-folder.ts';
import type { NamedArray } from '../artifact/safetensors.ts';
import { exportModel, exportParameters, modelParameters, type Network } from '../network.ts';
import { parameterCount } from '../parameters.ts';
import type { BestModel } from './best-model.ts';
import { diverged } from './diverged.ts';
import type { TrainingStep } from './training-step.ts';

type Options = {
  run: TrainRun;
  store: ArtifactStore;
  report: (report: TrainerReport) => void;
  network: Network;
  description: NetworkDescription;
  stepsPerEpoch: number;
  metrics: Record<string, number>;
};

function manifestOf(
  { run, description, stepsPerEpoch, metrics }: Options,
  at: { step: number; epochSums: EpochSums; best: Best | null },
) {
  const { job, attempt } = run;
  const epoch = at.step / stepsPerEpoch;
  return { formatVersion, job, attempt, ...at, epoch, network: description, metrics } as const;
}

/** Writes all that a bit-exact resume needs, and reports it once it is durable. */
export async function saveCheckpoint(
  options: Options & { trainingStep: TrainingStep },
  at: { step: number; epochSums: EpochSums; best: BestModel | null },
): Promise<void> {
  const { run, store, report, network, trainingStep, stepsPerEpoch, metrics } = options;
  const id = newId('checkpoint');
  const key = artifactKeys.checkpoint(run.job, id);
  trainingStep.pull();
  const parameters = exportParameters(network);
  failUnlessFinite(parameters, network, at.step);
  const written = await writeParameterFolder(store, key, {
    parameters,
    optimizer: trainingStep.exportSlots(),
    ...(at.best ? { best: at.best.parameters } : {}),
    manifest: manifestOf(options, { ...at, best: at.best?.measured ?? null }),
  });
  report({ type: 'checkpoint', id, key, epoch: at.step / stepsPerEpoch, step: at.step, metrics: { ...metrics }, ...written });
}

/** A step whose loss was finite may yet have left parameters that are not: no run could go on from these. */
function failUnlessFinite(parameters: ReturnType<typeof exportParameters>, network: Network, step: number): void {
  const statistics = new Set(network.parameters.filter(({ role }) => role === 'statistic').map(({ name }) => name));
  const bad = parameters.find(({ name, data }) => !statistics.has(name) && !data.every(Number.isFinite));
  if (!bad) return;
  throw diverged(`Values of ${bad.name} are no longer finite after step ${step}`, 'Checkpoints of earlier steps are kept');
}

/** Writes a trained model, without optimizer, and reports it: that of the network, or an earlier one of the run. Gives its id. */
export async function saveModel(
  options: Options,
  { step, parameters = exportModel(options.network) }: { step: number; parameters?: readonly NamedArray[] },
): Promise<string> {
  const { store, report, network, description, metrics } = options;
  const id = newId('model');
  const key = artifactKeys.model(id);
  const written = await writeParameterFolder(store, key, {
    parameters,
    optimizer: null,
    manifest: manifestOf(options, { step, epochSums: { examples: 0, values: {} }, best: null }),
  });
  report({
    type: 'model',
    id,
    key,
    backbone: description.spec.backbone,
    inputShape: [...description.decodedShape],
    classNames: description.classNames,
    parameterCount: parameterCount(modelParameters(network)),
    metrics: { ...metrics },
    ...written,
  });
  return id;
}
