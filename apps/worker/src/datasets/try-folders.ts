import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** The folders of all tries at one data set on this machine: `<place>.try-1`, `<place>.try-2`, … */
export type TryFolders = {
  /** Of this try; nothing is there yet. */
  own: string;
  /** What the newest earlier try left when it was killed; null where nothing is. */
  earlier: string | null;
  /** Removes those of this try and of earlier ones. */
  remove(): Promise<void>;
};

/** Older ones than the newest earlier one are removed. */
export async function openTryFolders(place: string, attempt: number): Promise<TryFolders> {
  await mkdir(dirname(place), { recursive: true });
  const [newest, ...older] = await earlierTries(place, attempt);
  const own = pathOf(place, attempt);
  await removeAll([own, ...older.map((number) => pathOf(place, number))]);
  return {
    own,
    earlier: newest === undefined ? null : pathOf(place, newest),
    remove: async () => removeAll([own, ...(await earlierTries(place, attempt)).map((number) => pathOf(place, number))]),
  };
}

function pathOf(place: string, attempt: number): string {
  return `${place}.try-${attempt}`;
}

/** Numbers of the tries before this one that left a folder, newest first. */
async function earlierTries(place: string, attempt: number): Promise<number[]> {
  const start = `${basename(place)}.try-`;
  const names = await readdir(dirname(place));
  return names
    .filter((name) => name.startsWith(start) && /^\d+$/.test(name.slice(start.length)))
    .map((name) => Number(name.slice(start.length)))
    .filter((number) => number < attempt)
    .sort((a, b) => b - a);
}

async function removeAll(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { recursive: true, force: true });
}
