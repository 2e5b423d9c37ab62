import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { cp, type FileHandle, link, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { assertArtifactKey } from './artifact-key.ts';
import type { ArtifactStore, ObjectBody, OpenedFolder, StoredObject } from './artifact-store.ts';
import { buildingName } from './building-place.ts';
import { makeDurableFolder, syncFolder, writeDurably } from './durable-files.ts';
import { asDiskError, errnoOf, nullWhenAbsent } from './errno.ts';
import { filesIn } from './local-files.ts';

/** Holds half-written objects and half-removed folders. It stands inside the root so that a rename out of it is atomic. */
const incomingFolder = '.incoming';
const abandonedAfterMs = 24 * 60 * 60 * 1000;

/**
 * Opens the store whose files stand under `rootDir`, one file for each key; the folder is made where there is none. What a
 * process left half-written when it died is removed at the next opening, once it is a day old.
 */
export async function openFileSystemStore(rootDir: string): Promise<ArtifactStore> {
  const root = resolve(rootDir);
  await makeDurableFolder(join(root, incomingFolder));
  await sweepAbandoned(join(root, incomingFolder));
  return new FileSystemStore(root);
}

class FileSystemStore implements ArtifactStore {
  readonly url: string;
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
    this.url = pathToFileURL(root).href;
  }

  async put(key: string, body: ObjectBody): Promise<StoredObject> {
    return await this.#write(key, body, rename);
  }

  async putIfAbsent(key: string, body: Uint8Array | string): Promise<StoredObject | null> {
    try {
      // Unlike a rename, a link never replaces what is there.
      return await this.#write(key, body, async (incoming, target) => {
        await link(incoming, target);
        await rm(incoming);
      });
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return null;
      throw error;
    }
  }

  async appendLine(key: string, line: string): Promise<void> {
    if (line.includes('\n')) throw new RangeError('A line to append must not hold a newline');
    const path = this.#pathOf(key);
    try {
      await makeDurableFolder(dirname(path));
      const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
      const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o644);
      try {
        const torn = await endsInsideLine(file);
        await file.writeFile(`${torn ? '\n' : ''}${line}\n`);
      } finally {
        await file.close();
      }
    } catch (error) {
      throw asDiskError(error);
    }
  }

  async get(key: string): Promise<Uint8Array | null> {
    const file = await openForReading(this.#pathOf(key));
    if (!file) return null;
    try {
      return await file.readFile();
    } finally {
      await file.close();
    }
  }

  async openRead(key: string, range?: { start: number; end: number }): Promise<Readable | null> {
    const file = await openForReading(this.#pathOf(key));
    return file ? file.createReadStream(range) : null;
  }

  async sizeOf(key: string): Promise<number | null> {
    const stats = await lstat(this.#pathOf(key)).catch(nullWhenAbsent);
    return stats?.isFile() ? stats.size : null;
  }

  async list(folder: string): Promise<string[]> {
    const entries = await readdir(this.#pathOf(folder), { recursive: true, withFileTypes: true }).catch(nullWhenAbsent);
    return (entries ?? [])
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.#root, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
      .sort();
  }

  async remove(keyOrFolder: string): Promise<void> {
    const path = this.#pathOf(keyOrFolder);
    // Renamed away first: a reader finds all of a folder or none of it, and a crash in between leaves only what the sweep clears.
    const removed = this.#incomingPath();
    const found = await rename(path, removed).then(() => true, nullWhenAbsent);
    if (!found) return;
    await syncFolder(dirname(path));
    await rm(removed, { recursive: true, force: true });
  }

  async localFolder(folder: string): Promise<string> {
    return this.#pathOf(folder);
  }

  async openFolder(folder: string): Promise<OpenedFolder> {
    const nothing = async () => undefined;
    return { path: this.#pathOf(folder), keepBytes: null, fetch: nothing, drop: nothing, close: nothing };
  }

  async localFile(key: string): Promise<string | null> {
    return (await this.sizeOf(key)) === null ? null : this.#pathOf(key);
  }

  async releaseLocal(): Promise<void> {}

  async buildingPlace(folder: string): Promise<string> {
    assertArtifactKey(folder);
    return join(this.#root, incomingFolder, buildingName(folder));
  }

  async publishFolder(folder: string, { from, last }: { from: string; last: string }): Promise<void> {
    const target = this.#pathOf(folder);
    if (!(await filesIn(from)).includes(last)) throw new Error(`${from} has no ${last}, so it is not whole`);
    try {
      await syncFolder(from);
      await makeDurableFolder(dirname(target));
      await this.remove(folder);
      await this.#moveIn(from, target);
      await syncFolder(dirname(target));
    } catch (error) {
      throw asDiskError(error);
    }
  }

  /** Puts a file into `.incoming`, then `place` gives it its name. */
  async #write(key: string, body: ObjectBody, place: (incoming: string, target: string) => Promise<void>): Promise<StoredObject> {
    const target = this.#pathOf(key);
    const incoming = this.#incomingPath();
    try {
      const stored = await writeDurably(incoming, body);
      await makeDurableFolder(dirname(target));
      await place(incoming, target);
      await syncFolder(dirname(target));
      return stored;
    } catch (error) {
      await rm(incoming, { force: true });
      throw asDiskError(error);
    }
  }

  async #moveIn(from: string, target: string): Promise<void> {
    try {
      await rename(from, target);
    } catch (error) {
      if (errnoOf(error) !== 'EXDEV') throw error;
      const incoming = this.#incomingPath();
      await cp(from, incoming, { recursive: true });
      await rename(incoming, target);
      await rm(from, { recursive: true });
    }
  }

  #pathOf(key: string): string {
    assertArtifactKey(key);
    return join(this.#root, key);
  }

  #incomingPath(): string {
    return join(this.#root, incomingFolder, randomUUID());
  }
}

async function openForReading(path: string): Promise<FileHandle | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(nullWhenAbsent);
  if (!file) return null;
  if ((await file.stat()).isFile()) return file;
  await file.close();
  return null;
}

/** True when a power cut or a full disk left the last line without its newline. */
async function endsInsideLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== 0x0a;
}

async function sweepAbandoned(incoming: string): Promise<void> {
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name);
    const stats = await lstat(path).catch(nullWhenAbsent);
    if (stats && Date.now() - stats.mtimeMs > abandonedAfterMs) await rm(path, { recursive: true, force: true });
  }
}
