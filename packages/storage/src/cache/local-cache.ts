import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeDurably } from '../durable-files.ts';
import { errnoOf } from '../errno.ts';
import { CacheViews } from './cache-views.ts';

/** A file of a remote store: `id` names these very bytes, `name` is where a view has them. */
export type RemoteFile = { id: string; name: string; sizeBytes: number; download: () => AsyncIterable<Uint8Array> };

/** Where a file stands in the cache, and where a view has it. */
type Place = { cached: string; wanted: string };

/** Links that a file without any view has. */
const linksOfTheCache = 1;
const filesAtOnce = 2;
const abandonedAfterMs = 24 * 60 * 60 * 1000;

/**
 * Keeps copies of remote files on the local disk, up to a size: those that were read longest ago go first, and none that is in
 * use. Any number of processes may share one, for it is nothing but files: each is whole when it gets its name, and readers hold
 * links to it of their own, so that nobody has to wait for, or know of, another.
 */
export class LocalCache {
  readonly #objects: string;
  readonly #incoming: string;
  readonly #views: CacheViews;
  readonly maxBytes: number;
  /** Of files that are being downloaded one by one. */
  #arrivingBytes = 0;

  private constructor(dir: string, views: CacheViews, maxBytes: number) {
    this.#objects = join(dir, 'objects');
    this.#incoming = join(dir, 'incoming');
    this.#views = views;
    this.maxBytes = maxBytes;
  }

  static async open({ dir, maxBytes }: { dir: string; maxBytes: number }): Promise<LocalCache> {
    const cache = new LocalCache(dir, await CacheViews.open(join(dir, 'views')), maxBytes);
    await mkdir(cache.#objects, { recursive: true });
    await mkdir(cache.#incoming, { recursive: true });
    await cache.#sweep();
    return cache;
  }

  /** A folder that holds these files, downloaded where they are not here yet. It stays until it is released. */
  async view(files: readonly RemoteFile[]): Promise<string> {
    const view = await this.#views.create();
    try {
      await this.#makeRoom(files);
      const waiting = [...files];
      const work = async () => {
        for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) await this.#linkInto(view, file);
      };
      await Promise.all(Array.from({ length: filesAtOnce }, work));
      return view;
    } catch (error) {
      await this.#views.release(view);
      throw error;
    }
  }

  /** A folder into which files come one by one. It stays until it is released. */
  emptyView(): Promise<string> {
    return this.#views.create();
  }

  /** Puts a file into a view that `emptyView` gave, downloaded if it is not here yet. */
  async add(view: string, file: RemoteFile): Promise<void> {
    const place = await this.#placeIn(view, file);
    if (await this.#linkCached(place)) return;
    this.#arrivingBytes += file.sizeBytes;
    try {
      await this.#makeRoom([]);
      await this.#download(file, place);
    } finally {
      this.#arrivingBytes -= file.sizeBytes;
    }
  }

  /** Takes a file out of a view, so that it may go. */
  async drop(view: string, name: string): Promise<void> {
    await rm(join(view, name), { force: true });
  }

  release(path: string): Promise<void> {
    return this.#views.release(path);
  }

  /** Takes in local files whose bytes are those of `id`, so that they need not be downloaded here. */
  async adopt(files: readonly { id: string; path: string }[]): Promise<void> {
    for (const { id, path } of files) {
      await link(path, this.#pathOf(id)).catch((error: unknown) => {
        // The cache is a help: where it is on another disk, the file is downloaded when it is asked for.
        if (!['EEXIST', 'EXDEV', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
      });
    }
    await this.#makeRoom([]);
  }

  /** A path on the cache's disk for what will be adopted. */
  placeFor(name: string): string {
    return join(this.#incoming, name);
  }

  async #linkInto(view: string, file: RemoteFile): Promise<void> {
    const place = await this.#placeIn(view, file);
    if (!(await this.#linkCached(place))) await this.#download(file, place);
  }

  async #placeIn(view: string, { id, name }: RemoteFile): Promise<Place> {
    const wanted = join(view, name);
    await mkdir(dirname(wanted), { recursive: true });
    return { cached: this.#pathOf(id), wanted };
  }

  /** Links to the file where it is here already, and says whether it is; it then counts as just read. */
  async #linkCached({ cached, wanted }: Place): Promise<boolean> {
    if (!(await linkIfThere(cached, wanted))) return false;
    const now = new Date();
    await utimes(wanted, now, now);
    return true;
  }

  /** The view gets its link before the cache does: what another process thinks of the file's age then costs this one nothing. */
  async #download(file: RemoteFile, { cached, wanted }: Place): Promise<void> {
    const incoming = join(this.#incoming, randomUUID());
    try {
      await writeDurably(incoming, file.download());
      await link(incoming, wanted);
      await rename(incoming, cached);
    } catch (error) {
      await rm(incoming, { force: true });
      throw error;
    }
  }

  /** Removes what was read longest ago, until the files that are wanted will fit; what is in use, or wanted, stays. */
  async #makeRoom(wanted: readonly RemoteFile[]): Promise<void> {
    await this.#views.sweep();
    const keep = new Set(wanted.map(({ id }) => this.#pathOf(id)));
    const cached = await this.#list();
    const here = new Set(cached.map(({ path }) => path));
    const missing = wanted.filter(({ id }) => !here.has(this.#pathOf(id)));
    let total = sum(cached) + sum(missing) + this.#arrivingBytes;
    for (const file of cached.sort((a, b) => a.usedMs - b.usedMs)) {
      if (total <= this.maxBytes) return;
      if (file.isInUse || keep.has(file.path)) continue;
      await rm(file.path, { force: true });
      total -= file.sizeBytes;
    }
  }

  async #list(): Promise<{ path: string; sizeBytes: number; usedMs: number; isInUse: boolean }[]> {
    const paths = (await readdir(this.#objects)).map((name) => join(this.#objects, name));
    const found = await Promise.all(paths.map(async (path) => ({ path, stats: await stat(path).catch(() => null) })));
    return found.flatMap(({ path, stats }) =>
      stats === null ? [] : [{ path, sizeBytes: stats.size, usedMs: stats.mtimeMs, isInUse: stats.nlink > linksOfTheCache }],
    );
  }

  async #sweep(): Promise<void> {
    await this.#views.sweep();
    for (const name of await readdir(this.#incoming)) {
      const path = join(this.#incoming, name);
      const stats = await stat(path).catch(() => null);
      if (stats && Date.now() - stats.mtimeMs > abandonedAfterMs) await rm(path, { recursive: true, force: true });
    }
  }

  /** Ids hold slashes and what a store makes of versions; names in the cache do not. */
  #pathOf(id: string): string {
    return join(this.#objects, createHash('sha256').update(id).digest('hex'));
  }
}

async function linkIfThere(cached: string, wanted: string): Promise<boolean> {
  try {
    await link(cached, wanted);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    if (errnoOf(error) === 'EEXIST') return true;
    throw error;
  }
}

function sum(files: readonly { sizeBytes: number }[]): number {
  return files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
}
