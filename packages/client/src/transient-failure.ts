import { ScionApiError } from './scion-api-error.ts';
import { wait } from './wait.ts';

/** Failures in a row after which a call is given up: half a minute of them. */
const mostFailures = 10;

/**
 * Whether a failed call is worth another try: the server could not be reached or was not well. `fetch` says the first with a
 * `TypeError`; a connection lost in the middle of a body ends in one, too.
 */
export function isTransientFailure(error: unknown): boolean {
  if (error instanceof ScionApiError) return error.isTransient;
  return error instanceof TypeError;
}

/** Milliseconds before the `failures`-th try in a row: 0.25 s, doubling up to 5 s. */
export function backoffMs(failures: number): number {
  return Math.min(5000, 250 * 2 ** (failures - 1));
}

/** Repeats a call while its failure is worth another try, for about half a minute. For calls that may be made twice. */
export async function tryAgain<T>(
  call: () => Promise<T>,
  { signal, isWorthIt = isTransientFailure }: { signal?: AbortSignal | undefined; isWorthIt?: (error: unknown) => boolean } = {},
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await call();
    } catch (error) {
      if (!isWorthIt(error) || failures === mostFailures) throw error;
      await wait(backoffMs(failures), signal);
    }
  }
}
