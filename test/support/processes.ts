import { readdir, readFile } from 'node:fs/promises';

export type RunningProcess = { pid: number; parent: number; command: string };

/** The living descendants of a process, as Linux tells them. */
export async function descendantsOf(pid: number): Promise<RunningProcess[]> {
  const all = await listProcesses();
  const childrenOf = (parent: number): RunningProcess[] =>
    all.filter((candidate) => candidate.parent === parent).flatMap((child) => [child, ...childrenOf(child.pid)]);
  return childrenOf(pid);
}

/** The one descendant whose command line holds `word`, or null. */
export async function findDescendant(pid: number, word: string): Promise<RunningProcess | null> {
  return (await descendantsOf(pid)).find(({ command }) => command.includes(word)) ?? null;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function listProcesses(): Promise<RunningProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map(describeProcess));
  return found.filter((entry) => entry !== null);
}

/** Null for one that ended meanwhile, or has ended and waits for its parent to notice. */
async function describeProcess(pid: string): Promise<RunningProcess | null> {
  try {
    const [stat, command] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/cmdline`, 'utf8')]);
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? null : { pid: Number(pid), parent: Number(parent), command: command.replaceAll('\0', ' ') };
  } catch {
    return null;
  }
}
