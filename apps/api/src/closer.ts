import type { Logger } from 'pino';

type Closable = { close(): Promise<unknown> };

/** Closes what was opened, the last first, within a deadline; then ends the process. */
export function createCloser({ log, withinMs }: { log: Logger; withinMs: number }) {
  const open: { name: string; part: Closable }[] = [];
  let isClosing = false;

  async function closeAndExit(reason: string, exitCode: number): Promise<void> {
    if (isClosing) return;
    isClosing = true;
    log.info({ reason }, 'closing');
    setTimeout(() => {
      log.error({ waitingFor: open.map(({ name }) => name) }, 'did not close in time');
      process.exit(1);
    }, withinMs).unref();
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      await last.part.close().catch((error: unknown) => log.error({ err: error, part: last?.name }, 'did not close'));
      open.pop();
    }
    process.exit(exitCode);
  }

  return {
    /** Notes that a part is open, and gives it back. */
    opened<Part extends Closable>(name: string, part: Part): Part {
      open.push({ name, part });
      return part;
    },

    /** SIGTERM, Ctrl-C and the end of a forking parent close in order; a second signal ends the process at once. */
    closeOnSignals(): void {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        process.on(signal, () => {
          if (isClosing) process.exit(1);
          void closeAndExit(signal, 0);
        });
      }
      process.once('disconnect', () => void closeAndExit('the parent process is gone', 0));
      process.once('uncaughtException', (error) => {
        log.fatal({ err: error }, 'unforeseen error');
        void closeAndExit('unforeseen error', 1);
      });
    },
  };
}
