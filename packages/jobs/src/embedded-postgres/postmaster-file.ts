import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What a running server writes down in its data folder. */
export type Postmaster = { pid: number; port: number };

const lines = { pid: 0, port: 3 } as const;
const pollMs = 10;

/**
 * The server that runs on the folder, if any. Its file stays behind when it is killed, and PostgreSQL itself then checks that no
 * process of it is left; but it takes any other process that has the number now (soon, in a container) for its own, and would not
 * start: in that case the file is removed.
 */
export async function findRunningPostmaster(folder: string): Promise<Postmaster | null> {
  const file = join(folder, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const line = text.split('\n');
  const pid = Number(line[lines.pid]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  while (isAlive(pid)) {
    const command = await commandOf(pid);
    if (command === null || command.includes(folder)) return { pid, port: Number(line[lines.port]) };
    if (command.length > 0) {
      await rm(file, { force: true });
      return null;
    }
    await delay(pollMs); // It has ended, and its parent is about to be told
  }
  return null;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The process's command line; empty once it has ended, null where the system does not show it. */
async function commandOf(pid: number): Promise<string[] | null> {
  if (process.platform !== 'linux') return null;
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.split('\0').filter((part) => part !== '');
}
