import type { CheckpointPolicy } from '@scion/schema';
import { isLowerBetter } from '../jobs/better-metric.ts';

type Candidate = {
  id: string;
  epoch: number;
  metrics: Readonly<Record<string, number>>;
  isCorrupt: boolean;
  /** An unfinished job starts from it. */
  isNeeded: boolean;
};

/**
 * The checkpoints that may go, of a run's checkpoints from the newest to the oldest. A damaged one keeps no intact one from staying,
 * and goes itself as soon as there is an intact one: so the only good one never goes. A pure function.
 */
export function surplusOf<Checkpoint extends Candidate>(
  newestFirst: readonly Checkpoint[],
  policy: CheckpointPolicy,
): Checkpoint[] {
  const intact = newestFirst.filter(({ isCorrupt }) => !isCorrupt);
  if (intact.length === 0) return [];
  const kept = new Set([
    ...intact.slice(0, Math.max(policy.keep, 1)),
    ...bestOf(intact, policy.keepBest),
    ...intact.filter(({ epoch }) => policy.keepEveryEpochs !== null && epoch > 0 && epoch % policy.keepEveryEpochs === 0),
    ...newestFirst.filter(({ isNeeded }) => isNeeded),
  ]);
  return newestFirst.filter((checkpoint) => !kept.has(checkpoint));
}

/** Of equal values the newer one is better: it is trained longer. */
function bestOf<Checkpoint extends Candidate>(
  newestFirst: readonly Checkpoint[],
  policy: CheckpointPolicy['keepBest'],
): Checkpoint[] {
  if (policy === null) return [];
  const sign = isLowerBetter(policy.metric) ? 1 : -1;
  return newestFirst
    .flatMap((checkpoint) => {
      const value = checkpoint.metrics[policy.metric];
      return value === undefined ? [] : [{ checkpoint, rank: sign * value }];
    })
    .sort((a, b) => a.rank - b.rank)
    .slice(0, policy.count)
    .map(({ checkpoint }) => checkpoint);
}
