import { createRng, type Rng, rngWithin } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { mixedTargets } from '../augment/label-mix.ts';
import { constraintValues } from '../constraints/constraint-terms.ts';
import type { AugmentedBatch, Batch, StepResult } from '../methods/define-method.ts';
import { unlabelledRows } from '../methods/method-entry.ts';
import { type Network, toUnitRange } from '../network.ts';
import type { Forward } from '../parameters.ts';
import { entryOf } from '../registry.ts';
import { regularization } from '../regularizers/define-regularizer.ts';
import { regularizers } from '../regularizers/index.ts';
import type { ResolvedSpec } from '../spec.ts';
import { lossScale } from './loss-scale.ts';
import type { RunPhase } from './phases.ts';

/** The images 0 … 255; key int32 [seed, step]. */
export type StepInputs = Batch & { key: tf.Tensor1D };

export type StepOutputs = {
  /** The loss and the method's numbers. */
  results: Record<string, tf.Scalar>;
  /** One for each trainable parameter, by name. */
  gradients: ReadonlyMap<string, tf.Tensor>;
  /** What running averages become, by name. */
  statistics: ReadonlyMap<string, tf.Tensor>;
  /** Disposes of the results and statistics, which outlive their scope. */
  release(): void;
};

/** Augmentation, forward and backward pass of one step: a pure function of the parameters that `read` gives and of the inputs. */
export type StepFunction = (read: (name: string) => tf.Tensor, inputs: StepInputs) => StepOutputs;

export type StepFunctionOptions = {
  network: Network;
  spec: ResolvedSpec;
  phase: RunPhase;
  /** How many steps the run has, each micro-batch counted. */
  steps: number;
  /** Whether the backward pass is that of a scaled loss; the gradients are the loss's own in any case. */
  scalesLoss: boolean;
};

export function createStepFunction({ network, spec, phase, steps, scalesLoss }: StepFunctionOptions): StepFunction {
  const { views, pipeline, constraints } = network;
  const needsOtherView = constraints.some((constraint) => constraint.needsOtherView);
  const trainable = phase.updates.map(({ parameter }) => parameter);
  const names = trainable.map(({ name }) => name);
  const weights = trainable.filter(({ role }) => role === 'weight').map(({ name }) => name);
  const penalties = createPenalties(spec);
  const unlabelledCount = unlabelledRows(spec);

  return (read, { images, key, ...truth }) => {
    const rng = createRng(key);
    const unit = toUnitRange(images);
    const augmented = augmentViews(views, unit, rng);
    const other = needsOtherView ? pipeline.train(unit, rngWithin(rng, 'other view')).images : null;
    const progress = progressOf(key, steps);
    const statistics = new Map<string, tf.Tensor>();
    let results: Record<string, tf.Scalar> = {};
    const { grads } = tf.valueAndGrads((...values: tf.Tensor[]) => {
      const own = new Map(names.map((name, index) => [name, values[index]] as const));
      // A layer that runs again in the same step, on another view, takes its running averages on from where they are.
      const parameter = (name: string) => own.get(name) ?? statistics.get(name) ?? read(name);
      const updateStatistic: Forward['updateStatistic'] = (name, value) => {
        statistics.get(name)?.dispose();
        statistics.set(name, tf.keep(value));
      };
      const forward = { parameter, training: true, rng, updateStatistic };
      const batch = { ...augmented, ...truth, unlabelledCount, progress };
      const step = phase.step(forward, batch);
      const violations = violationsOf({ phase, constraints }, { forward, batch, step, other });
      const { loss, metrics } = withTerms(step, { ...penalties(weights.map(parameter)), ...violations });
      results = Object.fromEntries(Object.entries({ loss, ...metrics }).map(([name, value]) => [name, tf.keep(value)]));
      return scalesLoss ? tf.mul(loss, lossScale(read)) : loss;
    })(names.map(read));
    const unscaled = scalesLoss ? grads.map((gradient) => tf.div(gradient, lossScale(read))) : grads;
    return {
      results,
      gradients: new Map(names.map((name, index) => [name, unscaled[index] as tf.Tensor])),
      statistics,
      release: () => tf.dispose([...Object.values(results), ...statistics.values()]),
    };
  };
}

/** Each view of the images, by random numbers of its own. */
function augmentViews(pipelines: Network['views'], images: tf.Tensor4D, rng: Rng) {
  const augmented = pipelines.map((pipeline, view) => pipeline.train(images, view === 0 ? rng : rngWithin(rng, `view ${view}`)));
  const [first] = augmented;
  if (!first) throw new Error('A method has at least one view');
  return { ...first, views: augmented.map((view) => view.images) };
}

/** key int32 [seed, step] → step / steps. */
function progressOf(key: tf.Tensor1D, steps: number): tf.Scalar {
  return tf.div(tf.cast(tf.reshape(tf.slice(key, [1], [1]), []), 'float32'), steps);
}

/** λ·R(θ) over the trainable weights of each term, by the name that it is reported under. */
function createPenalties({ training }: ResolvedSpec): (weights: tf.Tensor[]) => Record<string, tf.Scalar> {
  const terms = training.regularizers.map(({ type, lambda }) => ({ type, lambda, ...entryOf(regularizers, type) }));
  return (weights) =>
    Object.fromEntries(
      terms.map(({ type, penalty, lambda }) => [`regularizer.${type}`, regularization(penalty, weights, lambda)] as const),
    );
}

type StepSoFar = { forward: Forward; batch: AugmentedBatch; step: StepResult; other: tf.Tensor4D | null };

/** μ·C(θ; task) of each constraint, by the name that it is reported under. */
function violationsOf(
  { phase, constraints }: { phase: RunPhase; constraints: Network['constraints'] },
  { forward, batch, step, other }: StepSoFar,
): Record<string, tf.Scalar> {
  if (constraints.length === 0) return {};
  const scores = scoresOf(step);
  return constraintValues(constraints, {
    scores,
    targets: mixedTargets(batch.labels, scores.shape[1], batch.mixes),
    otherScores() {
      if (!other) throw new Error('A constraint looks at another view, but does not say so');
      // By the step itself, so that what it holds still, or adds to the weights, is the same.
      return scoresOf(phase.step({ ...forward, rng: rngWithin(forward.rng, 'other view') }, { ...batch, images: other }));
    },
  });
}

function scoresOf({ scores }: StepResult): tf.Tensor2D {
  if (!scores) throw new Error('The method gives no scores that constraints could look at');
  return scores;
}

function withTerms({ loss, metrics }: StepResult, terms: Record<string, tf.Scalar>): StepResult {
  const total = Object.values(terms).reduce((sum, term) => tf.add(sum, term), loss);
  return { loss: total, metrics: { ...metrics, ...terms } };
}
