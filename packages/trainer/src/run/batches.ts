import { dataOrder } from './data-order.ts';

/** Orders that are remembered: of the pass that is read, and of the next one, at which a look is had ahead. */
const keptOrders = 2;

/** Which examples make which batch: a function of (seed, step) alone. */
export type BatchPlan = {
  stepsPerEpoch: number;
  /** Every size that a batch of the plan has. */
  batchSizes: readonly number[];
  /** Positions in the list of training examples, of the batch of a step (counted from 0). */
  batchAt(step: number): Uint32Array;
};

/**
 * One epoch is one reshuffled pass, its last batch smaller where the batch size does not divide the examples; or, with
 * `stepsPerEpoch`, that many full batches out of an endless row of reshuffled passes.
 */
export function planBatches(options: {
  examples: number;
  /** See `dataOrder`; left out: the examples are shuffled as a whole. */
  blocks?: readonly number[] | null;
  batchSize: number;
  stepsPerEpoch: number | null;
  seed: number;
}): BatchPlan {
  const { examples, blocks = null, batchSize, seed } = options;
  const orders = new Map<number, Uint32Array>();
  const orderOf = (pass: number) => {
    const order = orders.get(pass) ?? dataOrder({ examples, blocks }, { seed, pass });
    orders.delete(pass);
    orders.set(pass, order);
    for (const oldest of orders.keys()) if (orders.size > keptOrders) orders.delete(oldest);
    return order;
  };
  if (options.stepsPerEpoch !== null) {
    const batchAt = (step: number) => {
      const batch = new Uint32Array(batchSize);
      for (let i = 0; i < batchSize; i++) {
        const position = step * batchSize + i;
        batch[i] = orderOf(Math.floor(position / examples))[position % examples] ?? 0;
      }
      return batch;
    };
    return { stepsPerEpoch: options.stepsPerEpoch, batchSizes: [batchSize], batchAt };
  }
  const stepsPerEpoch = Math.ceil(examples / batchSize);
  const sizes = [Math.min(batchSize, examples), examples - (stepsPerEpoch - 1) * batchSize];
  return {
    stepsPerEpoch,
    batchSizes: [...new Set(sizes)],
    batchAt(step) {
      const start = (step % stepsPerEpoch) * batchSize;
      return orderOf(Math.floor(step / stepsPerEpoch)).slice(start, start + batchSize);
    },
  };
}

/**
 * The part of a batch that one of several processes trains on, which divide each batch between them: as equal parts as there can be,
 * in the order of the batch, so that together they are the batch.
 */
export function partOfRank(batch: Uint32Array, { rank, ranks }: { rank: number; ranks: number }): Uint32Array {
  const bound = (part: number) => Math.floor((part * batch.length) / ranks);
  return batch.subarray(bound(rank), bound(rank + 1));
}
