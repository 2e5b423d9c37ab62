import type { MakeSplits } from '@scion/schema';
import { drawKey, shuffled } from './draw-key.ts';

/** Splits that the server makes, in the order in which they are listed. */
export const madeSplits = ['train', 'val', 'test'] as const;

/** What is known of each example: its label (-1 for none), and the number of its group, if groups are to stay together. */
type Divisible = { labels: ArrayLike<number>; groups: ArrayLike<number> | null };

/**
 * Gives each example a split, as an index into `madeSplits`. A pure function of its arguments. Without groups every class is
 * divided in the wanted shares to within one example, and so is the whole; with groups as nearly as whole groups allow.
 */
export function divide(examples: Divisible, wanted: MakeSplits): Uint8Array {
  const labels = Int32Array.from({ length: examples.labels.length }, (_, i) =>
    wanted.stratify ? (examples.labels[i] ?? -1) : 0,
  );
  const shares = madeSplits.map((split) => wanted[split]);
  return examples.groups === null
    ? divideSingly(labels, { shares, seed: wanted.seed })
    : divideGroups(labels, examples.groups, { shares, seed: wanted.seed });
}

type Division = { shares: readonly number[]; seed: number };

function divideSingly(labels: Int32Array, { shares, seed }: Division): Uint8Array {
  const strata = new Map<number, number[]>();
  for (const [index, label] of labels.entries()) {
    const stratum = strata.get(label);
    if (stratum) stratum.push(index);
    else strata.set(label, [index]);
  }
  const splits = new Uint8Array(labels.length);
  // What rounding took from a split in one class, the next class gives back: many small classes still add up.
  let owed = shares.map(() => 0);
  for (const [, members] of [...strata].sort(([a], [b]) => a - b)) {
    const quotas = shares.map((share, split) => share * members.length + (owed[split] ?? 0));
    const counts = roundToSum(quotas, members.length);
    owed = quotas.map((quota, split) => quota - (counts[split] ?? 0));
    const order = shuffled(members, seed, (index) => index);
    let next = 0;
    for (const [split, count] of counts.entries())
      for (const end = next + count; next < end; next++) splits[order[next] ?? 0] = split;
  }
  return splits;
}

/** Whole numbers near `quotas` that add up to `sum`: each rounded down, and the rest to those that lost most. */
function roundToSum(quotas: readonly number[], sum: number): number[] {
  const counts = quotas.map((quota) => Math.max(0, Math.floor(quota + 1e-9)));
  const lost = (split: number) => (quotas[split] ?? 0) - (counts[split] ?? 0);
  let rest = sum - counts.reduce((a, b) => a + b, 0);
  for (; rest > 0; rest--)
    bump(
      counts,
      maxBy(counts, (split) => lost(split)),
      1,
    );
  for (; rest < 0; rest++)
    bump(
      counts,
      maxBy(counts, (split) => (counts[split] ? -lost(split) : Number.NEGATIVE_INFINITY)),
      -1,
    );
  return counts;
}

function bump(counts: number[], split: number, by: number): void {
  counts[split] = (counts[split] ?? 0) + by;
}

/** Large groups first, each to the split that lacks most of what the group holds. */
function divideGroups(labels: Int32Array, groups: ArrayLike<number>, { shares, seed }: Division): Uint8Array {
  const { members, contents, totals } = tallyGroups(labels, groups);
  const lacking = shares.map((share) => new Map([...totals].map(([label, total]) => [label, share * total])));
  const order = [...members.keys()].sort(
    (a, b) => sizeOf(members, b) - sizeOf(members, a) || drawKey(seed, a) - drawKey(seed, b) || a - b,
  );
  const splits = new Uint8Array(labels.length);
  for (const group of order) {
    const content = contents.get(group) ?? new Map<number, number>();
    const needOf = (split: number) => {
      if (shares[split] === 0) return Number.NEGATIVE_INFINITY;
      let need = 0;
      for (const [label, count] of content) need += (count * (lacking[split]?.get(label) ?? 0)) / (totals.get(label) ?? 1);
      return need;
    };
    const chosen = maxBy(shares, needOf);
    for (const [label, count] of content) lacking[chosen]?.set(label, (lacking[chosen]?.get(label) ?? 0) - count);
    for (const index of members.get(group) ?? []) splits[index] = chosen;
  }
  return splits;
}

function tallyGroups(labels: Int32Array, groups: ArrayLike<number>) {
  const members = new Map<number, number[]>();
  const contents = new Map<number, Map<number, number>>();
  const totals = new Map<number, number>();
  for (const [index, label] of labels.entries()) {
    const group = groups[index] ?? 0;
    const indices = members.get(group) ?? [];
    indices.push(index);
    members.set(group, indices);
    const content = contents.get(group) ?? new Map<number, number>();
    content.set(label, (content.get(label) ?? 0) + 1);
    contents.set(group, content);
    totals.set(label, (totals.get(label) ?? 0) + 1);
  }
  return { members, contents, totals };
}

function sizeOf(members: ReadonlyMap<number, number[]>, group: number): number {
  return members.get(group)?.length ?? 0;
}

/** The index with the largest value; of equal ones the first. */
function maxBy(items: readonly unknown[], scoreOf: (index: number) => number): number {
  let best = 0;
  for (let index = 1; index < items.length; index++) if (scoreOf(index) > scoreOf(best)) best = index;
  return best;
}
