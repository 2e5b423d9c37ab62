import { hashName, philoxPermutation } from '@scion/engine/ops';
import type { BatchPlan } from './batches.ts';

/**
 * Full batches in which every class comes as often as any other, however many examples it has: round after round takes one of each class,
 * in an order of its own, and each class gives its examples in reshuffled passes. A function of (seed, step) alone.
 *
 * @param options.labels the class of each training example
 */
export function planBalancedBatches(options: {
  labels: ArrayLike<number>;
  batchSize: number;
  stepsPerEpoch: number | null;
  seed: number;
}): BatchPlan {
  const { labels, batchSize, seed } = options;
  const classes = positionsByClass(labels);
  const passes = classes.map((members, label) =>
    rememberLast((pass) => permutation(members.length, seed, `class ${label} pass ${pass}`)),
  );
  const roundOrder = rememberLast((round) => permutation(classes.length, seed, `round ${round}`));
  const draw = (position: number) => {
    const round = Math.floor(position / classes.length);
    const label = roundOrder(round)[position % classes.length] ?? 0;
    const members = classes[label] ?? [];
    const order = passes[label]?.(Math.floor(round / members.length));
    return members[order?.[round % members.length] ?? 0] ?? 0;
  };
  return {
    stepsPerEpoch: options.stepsPerEpoch ?? Math.ceil(labels.length / batchSize),
    batchSizes: [batchSize],
    batchAt: (step) => Uint32Array.from({ length: batchSize }, (_, i) => draw(step * batchSize + i)),
  };
}

function positionsByClass(labels: ArrayLike<number>): number[][] {
  const classes = new Map<number, number[]>();
  for (const [position, label] of Array.from(labels).entries()) {
    const known = classes.get(label);
    if (known) known.push(position);
    else classes.set(label, [position]);
  }
  return [...classes].sort(([a], [b]) => a - b).map(([, positions]) => positions);
}

function permutation(count: number, seed: number, name: string): Uint32Array {
  return philoxPermutation(count, seed, hashName(name));
}

/** Draws come in order, so that the latest answer is nearly always the one that is asked for. */
function rememberLast(compute: (index: number) => Uint32Array): (index: number) => Uint32Array {
  let last: { index: number; value: Uint32Array } | null = null;
  return (index) => {
    if (last?.index !== index) last = { index, value: compute(index) };
    return last.value;
  };
}
