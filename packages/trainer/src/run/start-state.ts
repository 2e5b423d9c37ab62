import type { Precision } from '@scion/engine';
import { type ParameterSource, ScionError, type TrainerReport, type TrainRun } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import type { EpochSums } from '../artifact/manifest.ts';
import { type ParameterFolder, readParameterFolder } from '../artifact/parameter-folder.ts';
import { importParameters, type Network, variableOf } from '../network.ts';
import type { BestModel } from './best-model.ts';
import { loadStartingWeights } from './starting-weights.ts';
import { loadTeacher } from './teacher-weights.ts';
import type { TrainingStep } from './training-step.ts';

/** Where a run begins. `step` counts the finished steps; `metrics` are the latest numbers of each name. */
export type StartState = {
  step: number;
  epochSums: EpochSums;
  metrics: Readonly<Record<string, number>>;
  /** Where the run watches for its best model. */
  best: BestModel | null;
  /** What the run computed in so far; null at its beginning. */
  precision: Precision | null;
};

type Options = {
  run: TrainRun;
  store: ArtifactStore;
  network: Network;
  trainingStep: TrainingStep;
  report: (report: TrainerReport) => void;
};

/** Puts values into the network: of the run's own newest intact checkpoint, else of what it starts from, else the first ones. */
export async function prepareStart(options: Options): Promise<StartState> {
  const { run, store, network, trainingStep, report } = options;
  if (run.resumeFrom.length > 0) {
    const { source, folder } = await newestIntact(options);
    importParameters(network, network.parameters, folder.parameters);
    trainingStep.importSlots(folder.optimizer);
    const { step, epochSums, metrics, best, network: described } = folder.manifest;
    report({
      type: 'event',
      event: 'attempt.resumed',
      level: 'info',
      message: `Resumed at step ${step}`,
      data: { checkpoint: source.id, step },
    });
    return {
      step,
      epochSums,
      metrics,
      best: best && { measured: best, parameters: [...folder.best.values()] },
      precision: described.spec.training.precision,
    };
  }
  if (run.teacher) await loadTeacher({ store, source: run.teacher, network });
  if (run.from) {
    await loadStartingWeights({ store, source: run.from, network, report });
    copyLikenesses(network);
  }
  return { step: 0, epochSums: { examples: 0, values: {} }, metrics: {}, best: null, precision: null };
}

/** Gives parameters that start as others do the values that those were loaded with. */
function copyLikenesses(network: Network): void {
  for (const { name, init } of network.parameters) {
    if (init.type === 'sameAs') variableOf(network, name).assign(variableOf(network, init.parameter.name));
  }
}

/** A damaged checkpoint is passed over for the one before it, with an event; if all are damaged the run fails, never restarts silently. */
async function newestIntact({ run, store, report }: Options): Promise<{ source: ParameterSource; folder: ParameterFolder }> {
  for (const source of run.resumeFrom) {
    try {
      return { source, folder: await readParameterFolder(store, source.key, { withOptimizer: true }) };
    } catch (error) {
      if (!(error instanceof ScionError) || error.retriable) throw error; // A store that is away says nothing about the checkpoint
      report({
        type: 'event',
        event: 'checkpoint.corrupt',
        level: 'warn',
        message: error.message,
        data: { checkpoint: source.id },
      });
    }
  }
  throw new ScionError('checkpointCorrupt', `None of the run's ${run.resumeFrom.length} checkpoints is intact`);
}
