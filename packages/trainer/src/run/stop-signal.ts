import { StopReason } from '@scion/schema';

/** The reason that an AbortSignal was aborted with; null while it was not, `cancel` where that says nothing else. */
export function stopReason(signal: AbortSignal): StopReason | null {
  if (!signal.aborted) return null;
  const reason = StopReason.safeParse(signal.reason);
  return reason.success ? reason.data : 'cancel';
}

/** Lets messages in: one turn of the event loop. A training step holds the loop, so this stands between steps. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
