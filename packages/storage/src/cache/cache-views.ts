import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, relative, sep } from 'node:path';

const beatMs = 60_000;
/** Where a process cannot be asked for, as one in another container, a view that it has not touched for this long is over. */
const silentMs = 60 * 60 * 1000;

const leftAtExit = new Set<string>();
process.once('exit', () => {
  for (const view of leftAtExit) rmSync(view, { recursive: true, force: true });
});

/**
 * Folders of links to cached files, one for each reader. A file stays on the disk as long as a view links to it, whatever becomes
 * of the cache; views go with their process, or at the next look of another one if it was killed.
 */
export class CacheViews {
  readonly #root: string;
  readonly #own = new Set<string>();
  #beating: NodeJS.Timeout | null = null;

  private constructor(root: string) {
    this.#root = root;
  }

  static async open(root: string): Promise<CacheViews> {
    await mkdir(root, { recursive: true });
    return new CacheViews(root);
  }

  /** Makes an empty view. */
  async create(): Promise<string> {
    const view = join(this.#root, `${hostname()}~${process.pid}~${randomUUID()}`);
    await mkdir(view);
    this.#own.add(view);
    leftAtExit.add(view);
    this.#beating ??= setInterval(() => void this.#beat(), beatMs).unref();
    return view;
  }

  /** Removes the view that a path is in; nothing happens for paths that are in none of this process's. */
  async release(path: string): Promise<void> {
    const [name = ''] = relative(this.#root, path).split(sep);
    const view = join(this.#root, name);
    if (!this.#own.delete(view)) return;
    leftAtExit.delete(view);
    await rm(view, { recursive: true, force: true });
  }

  /** Removes the views of processes that are gone. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.#root)) {
      const view = join(this.#root, name);
      if (!this.#own.has(view) && (await isOver(view, name))) await rm(view, { recursive: true, force: true });
    }
  }

  async #beat(): Promise<void> {
    const now = new Date();
    for (const view of this.#own) await utimes(view, now, now).catch(() => undefined);
  }
}

async function isOver(view: string, name: string): Promise<boolean> {
  const [host, pid] = name.split('~');
  if (host === hostname() && pid !== undefined && !isAlive(Number(pid))) return true;
  const stats = await stat(view).catch(() => null);
  return stats !== null && Date.now() - stats.mtimeMs > silentMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
