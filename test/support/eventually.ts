import { setTimeout as sleep } from 'node:timers/promises';

/** Polls until `look` gives something other than null, and gives that; fails with `what` after the deadline. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null> | T | null,
  { withinMs = 60_000, everyMs = 50 }: { withinMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadlineMs) throw new Error(`Not within ${withinMs / 1000} s: ${what}`);
    await sleep(everyMs);
  }
}
