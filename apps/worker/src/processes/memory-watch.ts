import { readFile } from 'node:fs/promises';

const lookEveryMs = 500;

/**
 * Calls `onExceeded` once when a process holds more memory of its own than it may. Files that it maps do not count: the kernel
 * takes those back by itself. Watches nothing where there is no /proc. Returns what ends the watch.
 */
export function watchMemory(options: {
  pid: number | undefined;
  limitBytes: number | null;
  onExceeded: (heldBytes: number) => void;
}): () => void {
  const { pid, limitBytes, onExceeded } = options;
  if (pid === undefined || limitBytes === null) return () => {};
  const timer = setInterval(() => {
    readFile(`/proc/${pid}/status`, 'utf8').then(
      (status) => {
        const heldBytes = ownMemoryBytes(status);
        if (heldBytes <= limitBytes) return;
        clearInterval(timer);
        onExceeded(heldBytes);
      },
      () => clearInterval(timer), // It is gone
    );
  }, lookEveryMs);
  return () => clearInterval(timer);
}

/** Of the text of /proc/PID/status: anonymous and shared memory that is in RAM. */
export function ownMemoryBytes(status: string): number {
  const kibibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return (kibibytes('RssAnon') + kibibytes('RssShmem')) * 1024;
}
