import { setTimeout as delay } from 'node:timers/promises';

/** Asks until the answer is neither null nor false, and returns it; an error that shows the last answer once `withinMs` are over. */
export async function eventually<T>(ask: () => Promise<T | null | false> | T | null | false, withinMs = 15_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`Nothing came within ${withinMs} ms of: ${ask.toString()}`);
    await delay(10);
  }
}
