import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/**
 * Names the space in which process ids mean what they mean here: this boot of this machine and, on Linux, this process namespace,
 * for containers on one machine count processes each on their own.
 */
export async function readProcessSpace(): Promise<string> {
  try {
    const [boot, namespace] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readlink('/proc/self/ns/pid'),
    ]);
    return `${boot.trim()} ${namespace}`;
  } catch {
    return hostname();
  }
}

export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'; // It lives, as someone else's
  }
}
