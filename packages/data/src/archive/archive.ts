import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ScionError } from '@scion/schema';
import type { IssueLog } from '../issue-log.ts';
import { ArchiveBudget, type ArchiveLimits } from './archive-limits.ts';
import { type ArchiveMember, archiveDamaged } from './archive-member.ts';
import { isClutter, safeEntryPath } from './entry-path.ts';
import { Spool } from './spool.ts';
import { tarMembers } from './tar-members.ts';
import { openMembers } from './upload-members.ts';
import { zipMembers } from './zip-members.ts';

/** Where the content of a file stands on this machine's disk while the archive is open. */
export type SpoolPlace = { path: string; offset: number; sizeBytes: number };

/** A regular file of an unpacked archive; `path` is clean and relative. */
export type ArchiveEntry = { path: string; sizeBytes: number; offset: number };

/**
 * An archive's files at random access. Their contents stand one after the other in a single spool file of a neutral name, so
 * that no name out of an upload ever becomes a name on this machine's disk.
 */
export class Archive {
  /** Sorted by path, so that all that follows is independent of the archive's own order. */
  readonly entries: readonly ArchiveEntry[];
  /** Whether the upload is no archive, but one file. */
  readonly isLoneFile: boolean;
  readonly #spool: Spool;
  readonly #budget: ArchiveBudget;
  readonly #issues: IssueLog;
  /** Formats read a file several times; what it unpacks to counts once against the limits. */
  readonly #unzippedBytes = new Map<ArchiveEntry, number>();
  readonly #listed = new Map<ArchiveEntry, Promise<ArchiveEntry[]>>();

  private constructor(parts: {
    entries: ArchiveEntry[];
    isLoneFile: boolean;
    spool: Spool;
    budget: ArchiveBudget;
    issues: IssueLog;
  }) {
    this.entries = parts.entries;
    this.isLoneFile = parts.isLoneFile;
    this.#spool = parts.spool;
    this.#budget = parts.budget;
    this.#issues = parts.issues;
  }

  /**
   * Copies an upload (an archive, a folder, or one file) into the spool. Throws `archiveUnsafe`, `formatUnknown` (an archive that
   * is not read), `dataInvalid` (damaged). `sizeBytes` is infinite for a folder, which cannot be a decompression bomb.
   */
  static async unpack(upload: {
    path: string;
    fileName: string;
    sizeBytes: number;
    spoolPath: string;
    limits: ArchiveLimits;
    issues: IssueLog;
    signal?: AbortSignal | undefined;
  }): Promise<Archive> {
    const { issues, signal } = upload;
    const budget = new ArchiveBudget(upload.limits, upload.sizeBytes);
    const onCount = (entries: number) => budget.expectEntries(entries);
    const { members, isLoneFile } = await openMembers({ path: upload.path, fileName: upload.fileName, onCount });
    const spool = await Spool.create(upload.spoolPath);
    try {
      const entries = await listMembers(members, { spool, budget, issues, signal });
      await spool.flush();
      return new Archive({ entries, isLoneFile, spool, budget, issues });
    } catch (error) {
      await spool.close();
      throw error;
    }
  }

  /** The whole content of a file, in memory of its own. */
  read(entry: ArchiveEntry): Promise<Uint8Array<ArrayBuffer>> {
    return this.#spool.read(entry);
  }

  /** Where a thread or process of its own can read a file's content. */
  locate({ offset, sizeBytes }: ArchiveEntry): SpoolPlace {
    return { path: this.#spool.path, offset, sizeBytes };
  }

  /** The content of a file, chunk by chunk; unzipped where its name ends in `.gz`. */
  async *stream(entry: ArchiveEntry): AsyncGenerator<Uint8Array> {
    if (entry.sizeBytes === 0) return;
    const plain = this.#spool.stream(entry);
    if (!entry.path.endsWith('.gz')) return yield* plain as AsyncIterable<Uint8Array>;
    // Errors arrive through the loop; the callback only keeps them from being unhandled.
    const unzipped: AsyncIterable<Uint8Array> = pipeline(plain, createGunzip(), () => undefined);
    try {
      let bytes = 0;
      for await (const chunk of unzipped) {
        bytes += chunk.length;
        this.#countUnzipped(entry, bytes);
        yield chunk;
      }
    } catch (error) {
      if (error instanceof ScionError) throw error;
      throw new ScionError('dataInvalid', `${entry.path} cannot be unzipped: it is damaged or incomplete`, {
        cause: error,
        details: [{ path: entry.path, message: error instanceof Error ? error.message : String(error) }],
      });
    }
  }

  /**
   * Takes in bytes that stood inside another file (in a column of a table, say) as a file of their own. They count as unpacked, so
   * it throws `archiveUnsafe` at the first byte too many.
   */
  async add(path: string, bytes: Uint8Array): Promise<ArchiveEntry> {
    this.#budget.addBytes(path, bytes.length);
    const entry = { path, sizeBytes: bytes.length, offset: this.#spool.sizeBytes };
    await this.#spool.append(bytes);
    await this.#spool.flush();
    return entry;
  }

  /** The files of a tar that stands in the archive, their paths below its own. They are not copied. */
  listTar(tar: ArchiveEntry): Promise<ArchiveEntry[]> {
    return this.#listOnce(tar, () => listMembers(tarMembers(this.#spool.stream(tar), false), this.#place({ inside: tar })));
  }

  /** The files of a zip that stands in the archive, unpacked, their paths below its own. */
  listZip(zip: ArchiveEntry): Promise<ArchiveEntry[]> {
    const stream = (start: number, end: number) =>
      this.#spool.stream({ offset: zip.offset + start, sizeBytes: Math.max(0, Math.min(end, zip.sizeBytes) - start) });
    return this.#listOnce(zip, async () => {
      const members = zipMembers({ sizeBytes: zip.sizeBytes, stream }, (entries) => this.#budget.expectEntries(entries));
      const files = await listMembers(members, this.#place({ spool: this.#spool, below: zip.path }));
      await this.#spool.flush();
      return files;
    });
  }

  /** Closes and removes the spool. */
  async close(): Promise<void> {
    await this.#spool.close();
  }

  #listOnce(inner: ArchiveEntry, list: () => Promise<ArchiveEntry[]>): Promise<ArchiveEntry[]> {
    const files = this.#listed.get(inner) ?? (inner.sizeBytes === 0 ? Promise.resolve([]) : list());
    this.#listed.set(inner, files);
    return files;
  }

  #place<Where>(where: Where) {
    return { ...where, budget: this.#budget, issues: this.#issues };
  }

  #countUnzipped(entry: ArchiveEntry, bytes: number): void {
    const counted = this.#unzippedBytes.get(entry) ?? 0;
    if (bytes <= counted) return;
    this.#budget.addBytes(entry.path, bytes - counted);
    this.#unzippedBytes.set(entry, bytes);
  }
}

/**
 * Lists the members of an archive, sorted by path. They are copied into `spool`, their paths starting with `below`; or they stand
 * in a tar `inside` it already.
 */
async function listMembers(
  members: AsyncIterable<ArchiveMember>,
  place: { budget: ArchiveBudget; issues: IssueLog; signal?: AbortSignal | undefined } & (
    | { spool: Spool; below?: string; inside?: undefined }
    | { inside: ArchiveEntry }
  ),
): Promise<ArchiveEntry[]> {
  const { budget, issues, signal, inside } = place;
  const folder = inside ? inside.path : place.below;
  const byPath = new Map<string, ArchiveEntry>();
  for await (const member of readable(members)) {
    const ownPath = safeEntryPath(member.name);
    const path = folder === undefined ? ownPath : `${folder}/${ownPath}`;
    budget.addEntry(path);
    const keep = !isClutter(ownPath);
    const offset = inside ? inside.offset + (member.offset ?? 0) : place.spool.sizeBytes;
    let sizeBytes = 0;
    for await (const chunk of readable(member.chunks)) {
      signal?.throwIfAborted();
      sizeBytes += chunk.length;
      if (inside) continue; // Its bytes have been counted as the tar's.
      budget.addBytes(path, chunk.length);
      if (keep) await place.spool.append(chunk);
    }
    if (!keep) continue;
    if (byPath.has(path))
      issues.warn('duplicate-path', { path, message: 'The archive holds this path twice; the last one counts' });
    byPath.set(path, { path, sizeBytes, offset });
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Passes items on; an error of the archive reader itself becomes `dataInvalid`, one raised by the loop's body stays as it is. */
async function* readable<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch (error) {
    throw error instanceof ScionError ? error : archiveDamaged(error);
  }
}
