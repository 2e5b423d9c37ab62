/** Why a run is asked to stop: `cancel` ends the job, `drain` hands it back after a checkpoint. */
export type StopReason = 'cancel' | 'drain';

/** The reason that an AbortSignal was aborted with; null while it was not. */
export function stopReason(signal: AbortSignal): StopReason | null {
  if (!signal.aborted) return null;
  return signal.reason === 'drain' ? 'drain' : 'cancel';
}

/** Lets messages in: one turn of the event loop. A training step holds the loop, so this stands between steps. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
