import { createPhilox, hashName, philoxPermutation } from '@scion/engine/ops';

/** Blocks whose examples are mixed with one another: as many as may well lie in the machine's memory at once. */
const mixedBlocks = 16;

/** Examples to be shuffled. `blocks`: how many of them, one stretch after the other, are stored together; null: all are within reach. */
export type Shuffled = { examples: number; blocks: readonly number[] | null };

/**
 * The order of the examples in a pass over all of them: a function of the seed and the number of the pass alone. Without blocks every
 * order is as likely as any other. With blocks their order is random, a few at a time are taken together, and the examples of
 * these are shuffled: what is read within a while then stands in few places.
 */
export function dataOrder({ examples, blocks }: Shuffled, { seed, pass }: { seed: number; pass: number }): Uint32Array {
  const passSeed = (hashName('data order') + pass) | 0;
  if (blocks === null) return philoxPermutation(examples, seed, passSeed);
  const next = createPhilox(seed, passSeed);
  const starts = startsOf(blocks);
  const order = new Uint32Array(examples);
  const visited = shuffle(Uint32Array.from(blocks.keys()), next);
  let filled = 0;
  for (let first = 0; first < visited.length; first += mixedBlocks) {
    const groupStart = filled;
    for (const block of visited.subarray(first, first + mixedBlocks)) {
      const start = starts[block] ?? 0;
      for (let i = 0; i < (blocks[block] ?? 0); i++) order[filled++] = start + i;
    }
    shuffle(order.subarray(groupStart, filled), next);
  }
  return order;
}

/** Fisher-Yates, in place. */
function shuffle(items: Uint32Array, next: () => number): Uint32Array {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor((next() / 0x100000000) * (i + 1));
    const swapped = items[i] ?? 0;
    items[i] = items[j] ?? 0;
    items[j] = swapped;
  }
  return items;
}

function startsOf(lengths: readonly number[]): number[] {
  let start = 0;
  return lengths.map((length) => {
    start += length;
    return start - length;
  });
}
