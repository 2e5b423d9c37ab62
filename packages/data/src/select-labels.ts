import { type LabelSelection, ScionError } from '@scion/schema';
import { drawKey } from './splits/draw-key.ts';

/**
 * The labelled subset that `selection` asks for, as sorted indices into `labels` (-1 for unlabelled). A pure function of its
 * arguments. With one seed, a larger selection contains every smaller one, so learning curves compare like with like.
 *
 * Throws `specInvalid` where a class, or the whole split, has too few labelled examples.
 */
export function selectLabels(labels: Int32Array, classes: number | readonly string[], selection: LabelSelection): Int32Array {
  const nameOf = (label: number) => (typeof classes === 'number' ? String(label) : JSON.stringify(classes[label]));
  const pools = shuffledByClass(labels, typeof classes === 'number' ? classes : classes.length, selection.seed);
  const chosen = chosenCounts(pools, selection, nameOf).flatMap((count, label) => (pools[label] ?? []).slice(0, count));
  return Int32Array.from(chosen).sort();
}

/** The indices of each class, in an order drawn with `seed`. */
function shuffledByClass(labels: Int32Array, classCount: number, seed: number): number[][] {
  const pools = Array.from({ length: classCount }, (): { index: number; key: number }[] => []);
  for (const [index, label] of labels.entries()) pools[label]?.push({ index, key: drawKey(seed, index) });
  return pools.map((pool) => pool.sort((a, b) => a.key - b.key || a.index - b.index).map(({ index }) => index));
}

function chosenCounts(pools: number[][], selection: LabelSelection, nameOf: (label: number) => string): number[] {
  const { perClass, count, fraction, seed } = selection;
  if (perClass !== undefined) {
    const short = pools.findIndex((pool) => pool.length < perClass);
    if (short < 0) return pools.map(() => perClass);
    throw tooFew(
      `Class ${nameOf(short)} has ${pools[short]?.length ?? 0} labelled examples, fewer than labels.perClass = ${perClass}`,
    );
  }
  if (fraction !== undefined) return pools.map((pool) => Math.min(pool.length, Math.max(1, Math.round(fraction * pool.length))));
  return evenCounts(pools, count ?? 0, seed);
}

/** Deals `total` out to the classes in rounds, one each, in an order drawn with `seed`; a class that is used up is passed over. */
function evenCounts(pools: number[][], total: number, seed: number): number[] {
  const available = pools.reduce((sum, pool) => sum + pool.length, 0);
  if (total > available) throw tooFew(`The split has ${available} labelled examples, fewer than labels.count = ${total}`);
  const order = pools.map((_, label) => label).sort((a, b) => drawKey(seed, -1 - a) - drawKey(seed, -1 - b) || a - b);
  const counts = pools.map(() => 0);
  for (let dealt = 0, round = 1; dealt < total; round++) {
    for (const label of order) {
      if (dealt === total || (pools[label]?.length ?? 0) < round) continue;
      counts[label] = round;
      dealt++;
    }
  }
  return counts;
}

function tooFew(message: string): ScionError {
  return new ScionError('specInvalid', message, { details: [{ path: 'dataset.labels', message }] });
}
