import { readdir, readFile } from 'node:fs/promises';

/** `cpuTicks` is the processor time that it has had, in hundredths of a second. */
export type RunningProcess = { pid: number; parent: number; command: string; cpuTicks: number };

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

/** The one of them that has computed most: of a slot's trainers, that of the job, as its spare only waits. */
export async function busiestDescendant(pid: number, word: string): Promise<RunningProcess> {
  const found = (await descendantsOf(pid)).filter(({ command }) => command.includes(word));
  const [busiest] = found.sort((a, b) => b.cpuTicks - a.cpuTicks);
  if (!busiest) throw new Error(`No process below ${pid} runs ${word}`);
  return busiest;
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
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parent] = fields;
    const cpuTicks = Number(fields[11]) + Number(fields[12]); // in user mode and in the kernel
    return state === 'Z' ? null : { pid: Number(pid), parent: Number(parent), command: command.replaceAll('\0', ' '), cpuTicks };
  } catch {
    return null;
  }
}
