/** Lets one waiter sleep until something happens. A ring while nobody sleeps is kept, so none is lost between two sleeps. */
export function createAlarm() {
  let isRinging = false;
  let wakeUp = () => {};

  return {
    ring(): void {
      isRinging = true;
      wakeUp();
    },

    /** Resolves at the next ring, after `timeoutMs`, or when `signal` aborts; says whether it rang. */
    async sleep(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
      if (!isRinging && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs);
          const stop = () => wakeUp();
          signal.addEventListener('abort', stop, { once: true });
          wakeUp = () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', stop);
            resolve();
          };
        });
        // Also after the timeout: takes the listener off.
        wakeUp();
        wakeUp = () => {};
      }
      const rang = isRinging;
      isRinging = false;
      return rang;
    },
  };
}
