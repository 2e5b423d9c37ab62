import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ScionError } from '@scion/schema';
import { BufferedFileWriter } from '../buffered-file-writer.ts';
import type { IssueLog } from '../issue-log.ts';
import { ArchiveBudget, type ArchiveLimits } from './archive-limits.ts';
import { type ArchiveMember, archiveDamaged } from './archive-member.ts';
import { detectContainer } from './container-kind.ts';
import { isClutter, safeEntryPath } from './entry-path.ts';
import { tarMembers } from './tar-members.ts';
import { zipMembers } from './zip-members.ts';

/** A regular file of an unpacked archive; `path` is clean and relative. */
export type ArchiveEntry = { path: string; sizeBytes: number; offset: number };

/**
 * An archive's files at random access. Their contents stand one after the other in a single spool file of a neutral name, so
 * that no name out of an upload ever becomes a name on this machine's disk.
 */
export class Archive {
  /** Sorted by path, so that all that follows is independent of the archive's own order. */
  readonly entries: readonly ArchiveEntry[];
  readonly #spoolPath: string;
  readonly #spool: FileHandle;
  readonly #budget: ArchiveBudget;

  private constructor(parts: { entries: ArchiveEntry[]; spoolPath: string; spool: FileHandle; budget: ArchiveBudget }) {
    this.entries = parts.entries;
    this.#spoolPath = parts.spoolPath;
    this.#spool = parts.spool;
    this.#budget = parts.budget;
  }

  /** Unpacks into the spool. Throws `archiveUnsafe`, `formatUnknown` (no archive), `dataInvalid` (damaged). */
  static async unpack(upload: {
    path: string;
    fileName: string;
    sizeBytes: number;
    spoolPath: string;
    limits: ArchiveLimits;
    issues: IssueLog;
    signal?: AbortSignal | undefined;
  }): Promise<Archive> {
    const { path, spoolPath } = upload;
    const kind = await detectContainer(path, upload.fileName);
    const members = kind === 'zip' ? zipMembers(path) : tarMembers(path, kind === 'tar.gz');
    const budget = new ArchiveBudget(upload.limits, upload.sizeBytes);
    const writer = await BufferedFileWriter.create(spoolPath);
    try {
      const entries = await spoolMembers({ members, writer, budget, issues: upload.issues, signal: upload.signal });
      await writer.flush();
      return new Archive({ entries, spoolPath, spool: await open(spoolPath, 'r'), budget });
    } finally {
      await writer.discard();
    }
  }

  /** The whole content of a file. */
  async read(entry: ArchiveEntry): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(entry.sizeBytes);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await this.#spool.read(bytes, filled, bytes.length - filled, entry.offset + filled);
      if (bytesRead === 0) throw new Error('The spool file of the archive was cut short');
      filled += bytesRead;
    }
    return bytes;
  }

  /** The content of a file, chunk by chunk; unzipped where its name ends in `.gz`. */
  async *stream(entry: ArchiveEntry): AsyncGenerator<Uint8Array> {
    if (entry.sizeBytes === 0) return;
    const { offset, sizeBytes } = entry;
    const plain = createReadStream(this.#spoolPath, { start: offset, end: offset + sizeBytes - 1, highWaterMark: 1 << 18 });
    if (!entry.path.endsWith('.gz')) return yield* plain as AsyncIterable<Uint8Array>;
    // Errors arrive through the loop; the callback only keeps them from being unhandled.
    const unzipped: AsyncIterable<Uint8Array> = pipeline(plain, createGunzip(), () => undefined);
    try {
      for await (const chunk of unzipped) {
        this.#budget.addBytes(entry.path, chunk.length);
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

  /** Closes and removes the spool. */
  async close(): Promise<void> {
    await this.#spool.close();
    await rm(this.#spoolPath, { force: true });
  }
}

async function spoolMembers(work: {
  members: AsyncIterable<ArchiveMember>;
  writer: BufferedFileWriter;
  budget: ArchiveBudget;
  issues: IssueLog;
  signal: AbortSignal | undefined;
}): Promise<ArchiveEntry[]> {
  const { writer, budget, issues, signal } = work;
  const byPath = new Map<string, ArchiveEntry>();
  for await (const member of readable(work.members)) {
    const path = safeEntryPath(member.name);
    budget.addEntry(path);
    const keep = !isClutter(path);
    const offset = writer.sizeBytes;
    for await (const chunk of readable(member.chunks)) {
      signal?.throwIfAborted();
      budget.addBytes(path, chunk.length);
      if (keep) await writer.append(chunk);
    }
    if (!keep) continue;
    if (byPath.has(path))
      issues.warn('duplicate-path', { path, message: 'The archive holds this path twice; the last one counts' });
    byPath.set(path, { path, sizeBytes: writer.sizeBytes - offset, offset });
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
