import { unlabelledRows } from '../methods/method-entry.ts';
import type { ResolvedSpec } from '../spec.ts';
import { planBalancedBatches } from './balanced-batches.ts';
import { type BatchPlan, planBatches } from './batches.ts';
import type { Shuffled } from './data-order.ts';
import type { RunData } from './examples.ts';

/** The batches of a run: those of its labelled examples and, where its method learns from others too, so many of these after them. */
export function planRun({ labelled, unlabelled }: Pick<RunData, 'labelled' | 'unlabelled'>, spec: ResolvedSpec): BatchPlan {
  const { batchSize, accumulate, sampling, seed } = spec.training;
  const rows = unlabelledRows(spec);
  const stepsPerEpoch = spec.training.stepsPerEpoch ?? (rows > 0 ? Math.ceil(unlabelled.examples / rows) : null);
  const options = { ...labelled, batchSize: batchSize * accumulate, stepsPerEpoch, seed };
  const plan = sampling === 'classBalanced' ? planBalancedBatches(options) : planBatches(options);
  return rows > 0 ? withUnlabelled(plan, { first: labelled.examples, unlabelled, rows, seed }) : plan;
}

/** `first` is the position of the first unlabelled example in the row of all. */
function withUnlabelled(
  plan: BatchPlan,
  { first, unlabelled, rows, seed }: { first: number; unlabelled: Shuffled; rows: number; seed: number },
): BatchPlan {
  const { stepsPerEpoch } = plan;
  const others = planBatches({ ...unlabelled, batchSize: rows, stepsPerEpoch, seed });
  return {
    stepsPerEpoch,
    batchSizes: plan.batchSizes.map((size) => size + rows),
    batchAt: (step) => Uint32Array.from([...plan.batchAt(step), ...others.batchAt(step).map((position) => first + position)]),
  };
}
