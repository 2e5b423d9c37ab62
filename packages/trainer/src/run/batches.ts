import { hashName, philoxPermutation } from '@scion/engine/ops';

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
  batchSize: number;
  stepsPerEpoch: number | null;
  seed: number;
}): BatchPlan {
  const { examples, batchSize, seed } = options;
  const orderSeed = hashName('data order');
  let cached: { pass: number; order: Uint32Array } | null = null;
  const orderOf = (pass: number) => {
    if (cached?.pass !== pass) cached = { pass, order: philoxPermutation(examples, seed, (orderSeed + pass) | 0) };
    return cached.order;
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
