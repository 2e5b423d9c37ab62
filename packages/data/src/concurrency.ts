import { availableParallelism } from 'node:os';

/** Images decoded at the same time: enough to keep every core busy, few enough to bound memory. */
export const decodeConcurrency = Math.min(16, availableParallelism() + 2);

/** Runs `work` on up to `concurrency()` items at once and yields the results in the items' order. */
export async function* mapOrdered<Item, Result>(
  items: AsyncIterable<Item>,
  concurrency: () => number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // Its rejection is met when its turn comes; until then it must not count as unhandled.
      result.catch(() => undefined);
      running.push(result);
      for (let [oldest] = running; oldest && running.length >= concurrency(); [oldest] = running) {
        yield await oldest;
        void running.shift();
      }
    }
    for (const result of running) yield await result;
  } finally {
    await Promise.allSettled(running);
  }
}

/**
 * Runs `work` for each number from 0 to `count - 1`, up to `concurrency` at once. After a failure it starts no more, waits for what
 * is running, and rejects.
 */
export async function forEachIndex(count: number, concurrency: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    try {
      while (next < count) await work(next++);
    } catch (error) {
      next = count;
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(concurrency, count) }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
