import { shuffled } from '../splits/draw-key.ts';

/**
 * Up to `count` examples to show, as indices: as many of each class as go around, drawn at random but the same each time, in
 * the order of labels, unlabelled ones (-1) last.
 */
export function chooseExamples(labels: Int32Array, count: number): number[] {
  const byLabel = new Map<number, number[]>();
  for (const [index, label] of labels.entries()) {
    const members = byLabel.get(label);
    if (members) members.push(index);
    else byLabel.set(label, [index]);
  }
  const classes = [...byLabel].sort(([a], [b]) => orderOf(a) - orderOf(b));
  const chosen: number[][] = classes.map(() => []);
  const pools = classes.map(([, members]) => shuffled(members, 0, (index) => index));
  let left = Math.min(count, labels.length);
  for (let round = 0; left > 0; round++) {
    for (const [i, pool] of pools.entries()) {
      const index = pool[round];
      if (index === undefined || left === 0) continue;
      chosen[i]?.push(index);
      left--;
    }
  }
  return chosen.flat();
}

function orderOf(label: number): number {
  return label < 0 ? Number.POSITIVE_INFINITY : label;
}
