import { readFileSync } from 'node:fs';

/** Where the kernel counts the processes that it killed for want of memory: those of the machine, and of this container. */
const counters = ['/proc/vmstat', '/sys/fs/cgroup/memory.events'];

/**
 * How many processes the kernel has killed for want of memory so far. It says nowhere which: one that ended by SIGKILL while the
 * count went up was most likely it.
 */
export function countKernelKills(): number {
  return counters.map(read).reduce((sum, text) => sum + killsIn(text), 0);
}

export function killsIn(counterText: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(counterText)?.[1] ?? 0);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // Another operating system, or another layout of cgroups
  }
}
