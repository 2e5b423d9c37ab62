/**
 * Runs `task` now and `everyMs` after each end, while the page is visible; at once when it comes back into view. Returns what runs
 * it before its time. Never two at once.
 */
export function refreshEvery(everyMs: number, task: () => Promise<void>): () => void {
  let timer: number | undefined;
  let isRunning = false;
  let isWanted = false;

  const run = async () => {
    if (isRunning) {
      isWanted = true;
      return;
    }
    window.clearTimeout(timer);
    isRunning = true;
    try {
      do {
        isWanted = false;
        await task();
      } while (isWanted);
    } finally {
      isRunning = false;
      if (!document.hidden) timer = window.setTimeout(start, everyMs);
    }
  };
  const start = () => void run();

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) window.clearTimeout(timer);
    else start();
  });
  start();
  return start;
}
