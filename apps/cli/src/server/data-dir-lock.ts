import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Who runs a server on a data folder. Written by the owner, read by whoever comes second. */
const LockRecord = z.strictObject({
  pid: z.int(),
  /** What tells the process from a later one with the same pid; null where the system does not say. */
  startedAt: z.string().nullable(),
  url: z.string(),
});
export type LockRecord = z.infer<typeof LockRecord>;

export type DataDirLock = {
  /** Whether an owner before us died without letting go. */
  tookOver: boolean;
  release(): Promise<void>;
};

/** The folder is taken; `owner` says by which process. */
export class DataDirTaken extends Error {
  readonly owner: LockRecord;

  constructor(dataDir: string, owner: LockRecord) {
    super(`${dataDir} is in use by process ${owner.pid}`);
    this.owner = owner;
  }
}

/**
 * Takes a data folder for this process. The lock of a process that is gone is taken over; of two that try at once, one gets it.
 *
 * @throws DataDirTaken
 */
export async function lockDataDir(dataDir: string, { url }: { url: string }): Promise<DataDirLock> {
  const path = join(dataDir, 'server.lock');
  await mkdir(dataDir, { recursive: true });
  const own: LockRecord = { pid: process.pid, startedAt: await startTimeOf(process.pid), url };
  const release = async () => await rm(path, { force: true });
  for (let tookOver = false; ; tookOver = true) {
    if (await createLock(path, JSON.stringify(own))) return { tookOver, release };
    const found = await readText(path);
    if (found === null) continue;
    const owner = parseLock(found);
    if (owner !== null && (await isAlive(owner))) throw new DataDirTaken(dataDir, owner);
    await removeStale(path, found);
  }
}

/** The server that runs on a data folder, or null. */
export async function findOwner(dataDir: string): Promise<LockRecord | null> {
  const owner = parseLock((await readText(join(dataDir, 'server.lock'))) ?? '');
  return owner !== null && (await isAlive(owner)) ? owner : null;
}

/** Written aside and then linked, so that nobody sees a half-written lock; the link fails where there is a lock already. */
async function createLock(path: string, content: string): Promise<boolean> {
  const aside = `${path}.${randomUUID()}`;
  await writeFile(aside, content);
  try {
    await link(aside, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(aside);
  }
}

async function readText(path: string): Promise<string | null> {
  return await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  });
}

function parseLock(text: string): LockRecord | null {
  try {
    return LockRecord.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Only one process can move a file away. One that comes late may have moved its successor's lock, and puts it back. */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  if ((await readText(aside)) !== stale) await link(aside, path);
  await rm(aside);
}

async function isAlive({ pid, startedAt }: LockRecord): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, but belongs to someone else.
    if (!hasCode(error, 'EPERM')) return false;
  }
  return startedAt === (await startTimeOf(pid));
}

/** Linux tells it in clock ticks since boot, as the 20th field after the command's name. */
async function startTimeOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
