import { setTimeout as delay } from 'node:timers/promises';
import { isTransient } from '@scion/jobs';
import { ScionError } from '@scion/schema';

const retryMs = 500;

/** Repeats a call until the database, or the artifact store, is in reach. Once `isOver`, the last error is thrown instead; any other error always is. */
export async function whileUnreachable<T>(
  call: () => Promise<T>,
  { isOver, onError }: { isOver: () => boolean; onError: (error: unknown) => void },
): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const isAway = isTransient(error) || (error instanceof ScionError && error.code === 'unavailable');
      if (!isAway || isOver()) throw error;
      onError(error);
      await delay(retryMs);
    }
  }
}
