import { ScionApiError } from './scion-api-error.ts';

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
