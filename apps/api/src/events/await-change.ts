import { createAlarm } from './alarm.ts';

/**
 * Reads a record again at each change of it, until one reading is not the one that the client knows, or `waitMs` are over. Gives the
 * last reading.
 */
export async function awaitChange<Value>({
  read,
  isKnown,
  onChange,
  waitMs,
  signal,
}: {
  read: () => Promise<Value>;
  isKnown: (value: Value) => boolean;
  /** Calls back at every change; gives the function that ends this. */
  onChange: (listener: () => void) => () => void;
  waitMs: number;
  signal: AbortSignal;
}): Promise<Value> {
  const deadline = performance.now() + waitMs;
  const alarm = createAlarm();
  // Listening starts before the first read, so that nothing falls between the two.
  const stopListening = onChange(alarm.ring);
  try {
    for (;;) {
      const value = await read();
      const leftMs = deadline - performance.now();
      if (leftMs <= 0 || signal.aborted || !isKnown(value)) return value;
      await alarm.sleep(leftMs, signal);
    }
  } finally {
    stopListening();
  }
}
